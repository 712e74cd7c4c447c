// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev What these tests ask of the machine that runs them. Hardhat and Forge answer alike.
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function assume(bool condition) external pure;
    function prank(address sender) external;
    function chainId(uint256 id) external;
    function roll(uint256 number) external;
    function getBlockNumber() external view returns (uint256);
    function warp(uint256 timestamp) external;

    function expectRevert(bytes calldata data) external;
    function expectEmit(bool topic1, bool topic2, bool topic3, bool data, address emitter) external;

    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory logs);

    function load(address target, bytes32 slot) external view returns (bytes32);
    function record() external;
    function accesses(address target) external returns (bytes32[] memory reads, bytes32[] memory writes);
    function snapshotState() external returns (uint256 snapshot);
    function revertToState(uint256 snapshot) external returns (bool);

    function getCode(string calldata artifact) external view returns (bytes memory creation);
    function readFile(string calldata path) external view returns (string memory);
    function parseJsonBytes(string calldata json, string calldata key) external pure returns (bytes memory);
    function parseJsonBytes32(string calldata json, string calldata key) external pure returns (bytes32);
    function parseJsonString(string calldata json, string calldata key) external pure returns (string memory);
    function parseJsonAddress(string calldata json, string calldata key) external pure returns (address);
    function keyExistsJson(string calldata json, string calldata key) external view returns (bool);
    function parseJsonUint(string calldata json, string calldata key) external pure returns (uint256);
    function toString(uint256 value) external pure returns (string memory);

    function assertTrue(bool condition, string calldata what) external pure;
    function assertFalse(bool condition, string calldata what) external pure;
    function assertEq(uint256 found, uint256 expected, string calldata what) external pure;
    function assertEq(bytes32 found, bytes32 expected, string calldata what) external pure;
    function assertEq(address found, address expected, string calldata what) external pure;
    function assertEq(bytes calldata found, bytes calldata expected, string calldata what) external pure;
    function assertEq(string calldata found, string calldata expected, string calldata what) external pure;
    function assertLe(uint256 found, uint256 most, string calldata what) external pure;
}

Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
