// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISigningKeyBook} from "./interfaces/ISigningKeyBook.sol";
import {KeyEpoch, isActiveAt, keyIdOf} from "./types/KeyEpoch.sol";

/// @title SigningKeyBook
/// @notice See `ISigningKeyBook`.
/// @dev Part of the ContributorRegistry and not a contract of its own: a slash of a contributor then
/// finds key and stake at one address, too.
abstract contract SigningKeyBook is ISigningKeyBook {
    mapping(bytes32 keyId => KeyEpoch) public keyEpochs;

    /// @inheritdoc ISigningKeyBook
    function setKeyEpoch(address operator, address key, KeyEpoch calldata epoch) external {
        keyEpochs[keyIdOf(msg.sender, operator, key)] = epoch;
    }

    /// @inheritdoc ISigningKeyBook
    function areKeysActiveAt(bytes32 firstKeyId, bytes32 secondKeyId, uint64 timestampS)
        external
        view
        returns (bool)
    {
        return isKeyActiveAt(firstKeyId, timestampS) && isKeyActiveAt(secondKeyId, timestampS);
    }

    /// @inheritdoc ISigningKeyBook
    function isKeyActiveAt(bytes32 keyId, uint64 timestampS) public view returns (bool) {
        KeyEpoch storage epoch = keyEpochs[keyId];
        return isActiveAt(epoch.activeFrom, epoch.revokedAt, timestampS);
    }
}
