"""Every exception the toolkit raises on purpose.

AttestError                    .code (stable), .params; str() is the English text and hint of the code
├─ InputError                  the user's input: text, files, options            exit 2
│  ├─ InvalidNumberError       not a well-formed filing number
│  ├─ RecordError              not a public filing record, form or attestation
│  │  └─ UnboundError          a private part that is not the one of its record
│  ├─ PassphraseError          a private part that the passphrase does not open
│  ├─ ProofFormatError         not a proof file
│  ├─ HolidaysError            not a holidays file
│  ├─ EvidenceError            not a folder of evidence, or one that was changed
│  ├─ PictureError             not a picture that can be read, or too large a one
│  └─ SettingsError            configuration that cannot be used
├─ ChainError                  a node or a chain could not be relied on          exit 3
│  ├─ RpcUnavailableError      no answer within the budget; worth retrying
│  │  └─ ContradictionError    nodes of one network tell different things
│  ├─ RpcProtocolError         an answer that is not what JSON-RPC promises
│  ├─ RpcRefusedError          a JSON-RPC error object, with the data of a revert
│  ├─ WrongChainError          another chain, or no registry at the address
│  ├─ ReorgedError             a block was replaced while it was read
│  ├─ ReplayError              the events do not lead to the registry's state
│  └─ RecordUnavailableError   the entry is there, the record's text is not
├─ ProofError                  a proof file that shows nothing                   exit 3
├─ FetchError                  a page could not be seen                          exit 3
│  ├─ BlockedAddressError, UnsupportedUrlError, TooLargeError, TooSlowError,
│  ├─ TooManyRedirectsError, UnreachableError
│  └─ BrowserError             no browser, or none that lasted
├─ RegistryRefusedError        the contract refused a change; nothing was changed  exit 2
├─ FeeCapError                 a transaction would cost more than the settings allow  exit 2
├─ ChainFileError              the embedded chain's file is locked or damaged    exit 4
├─ JournalError                the journal of signed transactions is, or knows too little  exit 4
├─ StoreError                  the store of synced registries is locked, damaged or not to be reached  exit 4
├─ ProgramError                another program that is needed is missing or did not run  exit 4
├─ SignerError                 a key could not be opened or did not sign         exit 4
│  └─ KeyOptionError           the key was not given as it must be               exit 2
└─ OutputError                 a file could not be written or failed its self-test  exit 4

An error is an inability; it never says that a site did wrong. That is a verdict's job (`attest.verdict`).
Texts and hints live in `attest/messages/`, one entry a code, in every language.
"""

from typing import ClassVar

from attest import messages


class AttestError(Exception):
    """Base of the tree.

    Args:
        code: Key of the message catalogue, never reused.
        params: Values for the message. Text from outside goes through `messages.shown` first.
    """

    exit_code: ClassVar[int] = 4

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def text(self, lang: str = "en") -> str:
        """What was expected and what was found, as one sentence in `lang`."""
        return messages.text(self.code, lang, **self.params)

    def hint(self, lang: str = "en") -> str:
        """What the user can do about it, or about the error it was caused by; may be empty."""
        own = messages.hint(self.code, lang, **self.params)
        causes = (value.hint(lang) for value in self.params.values() if isinstance(value, AttestError))
        return own or next(filter(None, causes), "")

    def __str__(self) -> str:
        return " ".join(part for part in (f"[{self.code}]", self.text(), self.hint()) if part)


class InputError(AttestError):
    """The user's input cannot be used."""

    exit_code = 2


class InvalidNumberError(InputError):
    """The text is not a well-formed filing number."""


class RecordError(InputError):
    """The document is not a public filing record."""


class UnboundError(RecordError):
    """A private part opened, and it is not the one that its record is bound to."""


class PassphraseError(InputError):
    """The passphrase does not open the private part of an attestation."""


class ProofFormatError(InputError):
    """The document is not a proof file."""


class HolidaysError(InputError):
    """The document does not give the holidays of whole years."""


class EvidenceError(InputError):
    """A folder is no evidence of a verdict, or not as it was made."""


class PictureError(InputError):
    """The bytes are no picture that can be read, or one beyond the limits."""


class SettingsError(InputError):
    """The configuration cannot be used."""


class ChainError(AttestError):
    """A node or a chain could not be relied on; nothing is known about the number asked for."""

    exit_code = 3


class RpcUnavailableError(ChainError):
    """No node answered within the budget. Retrying may help."""


class ContradictionError(RpcUnavailableError):
    """Nodes of one network gave different answers, none of them often enough. It may pass: at a fork, say."""


class RpcProtocolError(ChainError):
    """A node answered something that is not what JSON-RPC promises."""


class RpcRefusedError(ChainError):
    """A node answered with a JSON-RPC error object.

    Attributes:
        data: What the contract gave back where it reverted, else empty.
    """

    def __init__(self, *, method: str, number: int, message: str, data: bytes = b"") -> None:
        super().__init__("CH105", method=method, number=number, message=messages.shown(message))
        self.data = data


class WrongChainError(ChainError):
    """The node serves another chain, or no registry lives at the configured address."""


class ReorgedError(ChainError):
    """A block was replaced by another while it was read."""


class ReplayError(ChainError):
    """The events that a node gave do not lead to the registry's state: something was left out or altered."""


class RecordUnavailableError(ChainError):
    """The registry has an entry, but no source gave a record with its digest."""


class ProofError(AttestError):
    """A proof shows nothing: damaged, about another registry, or of a block that nobody vouches for."""

    exit_code = 3


class FetchError(AttestError):
    """A page could not be seen; nothing is known about what it shows."""

    exit_code = 3


class BrowserError(FetchError):
    """A page could not be looked at in a browser."""


class BlockedAddressError(FetchError):
    """The host leads to an address that may not be visited."""


class UnsupportedUrlError(FetchError):
    """The URL is not a plain http or https address."""


class TooLargeError(FetchError):
    """The answer exceeds a size limit."""


class TooSlowError(FetchError):
    """The answer was not complete within the time limit."""


class TooManyRedirectsError(FetchError):
    """The site redirects without end."""


class UnreachableError(FetchError):
    """The host does not resolve, does not accept a connection or breaks it off."""


class RobotsError(FetchError):
    """The site's robots.txt does not allow the visit, or could not be read; the page was not asked for."""


class RegistryRefusedError(AttestError):
    """The registry contract refused a change; nothing was changed."""

    exit_code = 2


class FeeCapError(AttestError):
    """A transaction would cost more than the settings allow; nothing was sent."""

    exit_code = 2


class ChainFileError(AttestError):
    """The embedded chain's file is locked by another process or damaged."""


class JournalError(AttestError):
    """The journal of signed transactions is locked, damaged, full, or knows less than the chain; nothing was sent."""


class StoreError(AttestError):
    """The store of synced registries is locked, damaged or out of reach. It holds nothing that the chain does not."""


class ProgramError(AttestError):
    """Another program that is needed is not installed, or did not run."""


class SignerError(AttestError):
    """A key could not be opened, or did not sign."""


class KeyOptionError(SignerError):
    """The key, its passphrase or its account was not given as it must be."""

    exit_code = 2


class OutputError(AttestError):
    """A file could not be written, or what was made failed its self-test."""
