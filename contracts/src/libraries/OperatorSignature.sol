// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {StrictSignature} from "./StrictSignature.sol";

/// @title OperatorSignature
/// @notice Whether an operator signed, by whichever of its registered keys.
library OperatorSignature {
    uint256 private constant ADDRESS_LENGTH = 20;

    /// @notice Whether a key of `operator` that is active at `timestampS` signed `digest`.
    /// @param signature 65 bytes of ECDSA, or the address of an ERC-1271 key and its signature.
    function isValid(
        IOperatorRegistry registry,
        address operator,
        bytes32 digest,
        bytes calldata signature,
        uint64 timestampS
    ) internal view returns (bool) {
        if (signature.length == StrictSignature.ECDSA_LENGTH) {
            address key = StrictSignature.recover(digest, signature);
            return key != address(0) && registry.signingKeyActiveAt(operator, key, timestampS);
        }
        if (signature.length < ADDRESS_LENGTH) return false;
        address wallet = address(bytes20(signature[:ADDRESS_LENGTH]));
        // Registered first: no unknown contract is called.
        return registry.signingKeyActiveAt(operator, wallet, timestampS)
            && StrictSignature.isValidErc1271(wallet, digest, signature[ADDRESS_LENGTH:]);
    }

    /// @notice The key that `signature` names, valid or not: the recovered one, or the ERC-1271
    /// contract in front of it.
    function keyOf(bytes32 digest, bytes calldata signature) internal view returns (address) {
        if (signature.length == StrictSignature.ECDSA_LENGTH) {
            return StrictSignature.recover(digest, signature);
        }
        return signature.length < ADDRESS_LENGTH
            ? address(0)
            : address(bytes20(signature[:ADDRESS_LENGTH]));
    }
}
