// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ModelCircuit, PROOF_PACKED, SETUP_DEV_INSECURE} from "../types/ModelCircuit.sol";

/// @title ManifestText
/// @notice The one member of a model's manifest that contracts read, and whether it is where every reader
/// of the manifest finds it.
/// @dev A manifest is canonical JSON (RFC 8785), so its bytes are all that there is to look at: no
/// whitespace outside of strings, each character in one spelling. The member's text alone would not
/// do: `{"x":{"provable":…}}` and the key `x\"provable` have it too, for readers that parse neither.
library ManifestText {
    bytes32 private constant KEY_HASH = keccak256("provable");

    /// @notice `"provable":{…}` as it stands in a manifest.
    function memberOf(ModelCircuit calldata circuit) internal pure returns (bytes memory) {
        return abi.encodePacked(
            '"provable":{"codeHash":"',
            _hex(circuit.codeHash),
            '","inputs":',
            _decimal(circuit.inputs),
            ',"kind":"',
            circuit.kind == PROOF_PACKED ? "packed" : "ezkl",
            '","outputs":',
            _decimal(circuit.outputs),
            ',"setup":"',
            circuit.setup == SETUP_DEV_INSECURE ? bytes("dev-insecure") : _hex(circuit.setup),
            '"}'
        );
    }

    /// @notice Whether a member between the two is one of the object itself, the only one of that name.
    function isAround(bytes calldata prefix, bytes calldata suffix) internal pure returns (bool) {
        if (prefix.length == 0 || suffix.length == 0 || prefix[0] != "{") return false;
        bytes1 before = prefix[prefix.length - 1];
        if (prefix.length != 1 && before != ",") return false;
        if (suffix[0] != "," && suffix[0] != "}") return false;
        return _endsAtDepth(prefix[1:], 1) && _endsAtDepth(suffix, 0);
    }

    /// @dev "0x" and 64 digits in lower case.
    function _hex(bytes32 word) private pure returns (bytes memory text) {
        bytes16 digits = "0123456789abcdef";
        text = new bytes(66);
        text[0] = "0";
        text[1] = "x";
        for (uint256 i = 0; i < 64; ++i) {
            text[i + 2] = digits[uint256(word) >> (4 * (63 - i)) & 15];
        }
    }

    /// @dev Without zeros in front.
    function _decimal(uint32 number) private pure returns (bytes memory text) {
        uint256 length = 1;
        for (uint256 rest = number / 10; rest != 0; rest /= 10) {
            ++length;
        }
        text = new bytes(length);
        for (uint256 rest = number; length != 0; rest /= 10) {
            // A digit.
            // forge-lint: disable-next-line(unsafe-typecast)
            text[--length] = bytes1(uint8(48 + rest % 10));
        }
    }

    /// @dev Reads on inside of the top object, at depth 1. Its end may be the last character and no other.
    function _endsAtDepth(bytes calldata text, uint256 expected) private pure returns (bool) {
        uint256 depth = 1;
        uint256 i = 0;
        while (i < text.length) {
            if (depth == 0) return false;
            bytes1 character = _at(text, i);
            if (character == '"') {
                uint256 begin = i + 1;
                bool isEscaped;
                (i, isEscaped) = _endOfString(text, begin);
                bool isTopKey = depth == 1 && _at(text, i + 1) == ":";
                // An escape could spell the name in another way.
                if (isTopKey && (isEscaped || keccak256(text[begin:i]) == KEY_HASH)) return false;
            } else if (character == "{" || character == "[") {
                ++depth;
            } else if (character == "}" || character == "]") {
                --depth;
            } else if (character <= " ") {
                return false;
            }
            ++i;
        }
        // Not inside of a string that never ended: that would have read beyond the text.
        return depth == expected && i == text.length;
    }

    /// @return end Of the closing quote; the length of the text where there is none.
    function _endOfString(bytes calldata text, uint256 begin)
        private
        pure
        returns (uint256 end, bool isEscaped)
    {
        for (end = begin; end < text.length; ++end) {
            bytes1 character = _at(text, end);
            if (character == '"') break;
            if (character == "\\") {
                isEscaped = true;
                ++end;
            }
        }
    }

    /// @dev Not checked against the length: what is read beyond is not part of any name.
    function _at(bytes calldata text, uint256 index) private pure returns (bytes1 character) {
        assembly ("memory-safe") {
            character := and(calldataload(add(text.offset, index)), shl(248, 0xff))
        }
    }
}
