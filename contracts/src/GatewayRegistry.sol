// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OperatorRegistry} from "./OperatorRegistry.sol";
import {ISigningKeyBook} from "./interfaces/ISigningKeyBook.sol";
import {KeyEpoch, keyIdOf} from "./types/KeyEpoch.sol";
import {RegistryTerms} from "./types/RegistryTerms.sol";

/// @title GatewayRegistry
/// @notice The gateways: their bonds, their receipt-signing keys, the prices they charge.
/// @dev Its own deployment beside the ContributorRegistry, with its own minimum and insurance, so
/// that one address can be a gateway and a contributor with separate stakes. Only the keys are kept
/// together, see `ISigningKeyBook`.
contract GatewayRegistry is OperatorRegistry {
    ISigningKeyBook public immutable keyBook;

    /// @param keyBook_ The ContributorRegistry that receipts name contributors of.
    constructor(RegistryTerms memory terms, ISigningKeyBook keyBook_) OperatorRegistry(terms) {
        keyBook = keyBook_;
    }

    function _setKeyEpoch(address operator, address key, KeyEpoch memory epoch) internal override {
        keyBook.setKeyEpoch(operator, key, epoch);
    }

    function _keyEpochOf(address operator, address key)
        internal
        view
        override
        returns (KeyEpoch memory epoch)
    {
        (epoch.activeFrom, epoch.revokedAt) =
            keyBook.keyEpochs(keyIdOf(address(this), operator, key));
    }
}
