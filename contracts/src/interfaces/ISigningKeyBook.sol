// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {KeyEpoch} from "../types/KeyEpoch.sol";

/// @title ISigningKeyBook
/// @notice The signing keys of the operators of several registries, under one address. A receipt names
/// an operator of each of two registries; who verifies it looks both keys up in one call, where two
/// contracts would cost every verification a second cold account.
/// @dev A registry writes to pages of its own, named by its address, and answers for them: whoever
/// trusts a registry can trust its pages, and nobody has to be admitted to the book.
interface ISigningKeyBook {
    /// @notice Writes the epoch of a key into the pages of the sender, over what stood there.
    function setKeyEpoch(address operator, address key, KeyEpoch calldata epoch) external;

    /// @param keyId `keyIdOf(registry, operator, key)` in `types/KeyEpoch.sol`.
    /// @return activeFrom Unix seconds, inclusive; zero: never registered.
    /// @return revokedAt Unix seconds, exclusive; zero: not revoked.
    function keyEpochs(bytes32 keyId) external view returns (uint64 activeFrom, uint64 revokedAt);

    /// @notice Whether the key signs at `timestampS` (unix seconds).
    function isKeyActiveAt(bytes32 keyId, uint64 timestampS) external view returns (bool);

    /// @notice Whether both keys do.
    function areKeysActiveAt(bytes32 firstKeyId, bytes32 secondKeyId, uint64 timestampS)
        external
        view
        returns (bool);
}
