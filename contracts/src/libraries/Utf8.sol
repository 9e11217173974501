// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Utf8
/// @notice Whether bytes are UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF, nothing
/// cut off.
library Utf8 {
    /// @dev The highest bit of each of 32 bytes: none is set in ASCII.
    uint256 private constant NOT_ASCII =
        0x8080808080808080808080808080808080808080808080808080808080808080;

    function isValid(bytes memory text) internal pure returns (bool) {
        uint256 length = text.length;
        uint256 i = 0;
        while (i < length) {
            // By whole words where there is nothing to look at, as in most texts.
            if (i + 32 <= length && _wordAt(text, i) & NOT_ASCII == 0) {
                i += 32;
                continue;
            }
            uint256 size = _sizeAt(text, i);
            if (size == 0) return false;
            i += size;
        }
        return true;
    }

    /// @dev Bytes of the character at `i`, which is within the text; zero: there is none.
    function _sizeAt(bytes memory text, uint256 i) private pure returns (uint256) {
        uint8 first = uint8(text[i]);
        if (first < 0x80) return 1;
        // The second byte's range depends on the first: that is where overlong forms, surrogates and what is
        // too high are told.
        (uint256 size, uint8 low, uint8 high) = (2, 0x80, 0xbf);
        if (first < 0xc2 || first > 0xf4) return 0;
        if (first >= 0xe0) {
            size = first < 0xf0 ? 3 : 4;
            if (first == 0xe0) low = 0xa0;
            else if (first == 0xed) high = 0x9f;
            else if (first == 0xf0) low = 0x90;
            else if (first == 0xf4) high = 0x8f;
        }
        if (i + size > text.length) return 0;
        uint8 second = uint8(text[i + 1]);
        if (second < low || second > high) return 0;
        for (uint256 j = 2; j < size; ++j) {
            if (uint8(text[i + j]) & 0xc0 != 0x80) return 0;
        }
        return size;
    }

    function _wordAt(bytes memory text, uint256 i) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(text, 0x20), i))
        }
    }
}
