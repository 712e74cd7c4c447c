// Filing numbers: the rules of attest/number.py for one number, before anything is asked of a node.

export const PROVINCES = Object.fromEntries(
  (
    "京11津12冀13晋14蒙15辽21吉22黑23沪31苏32浙33皖34闽35赣36鲁37豫41鄂42湘43粤44桂45琼46" +
    "渝50川51贵52云53藏54陕61甘62青63宁64新65"
  )
    .match(/\D\d\d/g)
    .map((each) => [each.slice(1), each[0]]),
);
export const ALIASES = { 蜀: "川", 黔: "贵", 滇: "云", 陇: "甘" };
const TRADITIONAL = "網備號遼滬蘇閩贛魯貴雲陝寧晉隴";
const SIMPLIFIED = "网备号辽沪苏闽赣鲁贵云陕宁晋陇";
// White space, and what takes no room on a page; not U+202E, which turns around what follows.
const UNSEEN = /[\s\x1c-\x1f\x85\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202d\u2060-\u2064\u2066-\u2069\ufe0e\ufe0f\ufeff]/u;

/** ISO 7064 MOD 11-2 check character of digits. */
export const checkCharacter = (digits) => {
  const sum = [...digits].reduce((total, digit) => ((total + Number(digit)) * 2) % 11, 0);
  return "0123456789X"[(12 - sum) % 11];
};

const plain = (text) =>
  [...text]
    .filter((character) => !UNSEEN.test(character))
    .map((character) => {
      if (/[!-~]/.test(character)) return character;
      const folded = character.normalize("NFKC");
      if (/[\uff01-\uff5e]/.test(character)) return folded;
      if ([...folded].length > 1 || folded < "\x80") return character;
      return SIMPLIFIED[TRADITIONAL.indexOf(folded)] ?? folded;
    })
    .join("");

const defect = (code, expected, found) => ({ defect: { code, expected, found } });

/**
 * Read a whole number, or its twenty characters alone as a QR code carries them.
 * Gives `{key, text, province}`, or `{defect: {code, expected, found}}` with a code of the message catalogue.
 */
export const readNumber = (text) => {
  const spelled = plain(text).slice(0, 80);
  const [, province, , key] = /^(?:([^网]?)(网信备)[:：]?)?([^号网]*)号?$/u.exec(spelled) ?? [];
  if (key === undefined || (province === undefined && !/^[0-9X]/i.test(key))) {
    return defect("NU101", "京网信备…号", spelled);
  }
  const characters = [...key.replace(/x$/, "X")];
  if (characters.length !== 20) return defect("NU102", "20", `${characters.length}`);
  const wrong = characters.findIndex((each, at) => !/[0-9]/.test(each) && !(at === 19 && each === "X"));
  if (wrong >= 0) return defect("NU103", wrong < 19 ? "0-9" : "0-9 X", `${characters[wrong]} #${wrong + 1}`);
  const whole = characters.join("");
  const owner = PROVINCES[whole.slice(0, 2)];
  if (owner === undefined) return defect("NU106", "11-65", whole.slice(0, 2));
  const check = checkCharacter(whole.slice(0, 19));
  if (check !== whole[19]) return defect("NU104", check, whole[19]);
  if (province !== undefined && (ALIASES[province] ?? province) !== owner) return defect("NU105", owner, province || "-");
  return { key: whole, text: `${owner}网信备${whole}号`, province: owner };
};
