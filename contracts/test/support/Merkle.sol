// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The tree that `ReceiptAnchor` checks paths of, built the slow and obvious way.
library Merkle {
    function leafOf(bytes32 digest) internal pure returns (bytes32) {
        return keccak256(abi.encode(digest));
    }

    function nodeOf(bytes32 a, bytes32 b) internal pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
    }

    function rootOf(bytes32[] memory digests) internal pure returns (bytes32) {
        bytes32[] memory level = _leaves(digests);
        while (level.length > 1) level = _above(level);
        return level[0];
    }

    /// @notice The path from the leaf at `index` to the root.
    function proofOf(bytes32[] memory digests, uint256 index)
        internal
        pure
        returns (bytes32[] memory proof)
    {
        bytes32[] memory level = _leaves(digests);
        bytes32[] memory path = new bytes32[](64);
        uint256 length = 0;
        while (level.length > 1) {
            uint256 sibling = index ^ 1;
            if (sibling < level.length) path[length++] = level[sibling];
            level = _above(level);
            index /= 2;
        }
        proof = new bytes32[](length);
        for (uint256 i = 0; i < length; ++i) {
            proof[i] = path[i];
        }
    }

    function _leaves(bytes32[] memory digests) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](digests.length);
        for (uint256 i = 0; i < digests.length; ++i) {
            leaves[i] = leafOf(digests[i]);
        }
    }

    function _above(bytes32[] memory level) private pure returns (bytes32[] memory above) {
        above = new bytes32[]((level.length + 1) / 2);
        for (uint256 i = 0; i < above.length; ++i) {
            above[i] =
                2 * i + 1 < level.length ? nodeOf(level[2 * i], level[2 * i + 1]) : level[2 * i];
        }
    }
}
