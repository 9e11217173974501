// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {vm} from "./Vm.sol";

/// @notice Reads a vector file member by member: forge's decoding of whole objects sorts members by
/// name, which no struct does.
abstract contract VectorReader {
    string private _json;

    /// @return count Elements of the array at `list`.
    function open(string memory file, string memory list) internal returns (uint256 count) {
        _json = vm.readFile(file);
        while (has(path(list, count))) ++count;
    }

    function has(string memory place) internal view returns (bool) {
        return vm.keyExistsJson(_json, place);
    }

    function path(string memory list, uint256 index) internal pure returns (string memory) {
        return string.concat(list, "[", vm.toString(index), "]");
    }

    function readWord(string memory place, string memory key) internal view returns (bytes32) {
        return vm.parseJsonBytes32(_json, string.concat(place, key));
    }

    function readWords(string memory place, string memory key)
        internal
        view
        returns (bytes32[] memory)
    {
        return vm.parseJsonBytes32Array(_json, string.concat(place, key));
    }

    function readAddress(string memory place, string memory key) internal view returns (address) {
        return vm.parseJsonAddress(_json, string.concat(place, key));
    }

    function readBytes(string memory place, string memory key)
        internal
        view
        returns (bytes memory)
    {
        return vm.parseJsonBytes(_json, string.concat(place, key));
    }

    function readUint(string memory place, string memory key) internal view returns (uint256) {
        return vm.parseJsonUint(_json, string.concat(place, key));
    }

    function readBool(string memory place, string memory key) internal view returns (bool) {
        return vm.parseJsonBool(_json, string.concat(place, key));
    }

    function readString(string memory place, string memory key)
        internal
        view
        returns (string memory)
    {
        return vm.parseJsonString(_json, string.concat(place, key));
    }
}
