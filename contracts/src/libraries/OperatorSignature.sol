// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {StrictSignature} from "./StrictSignature.sol";

/// @title OperatorSignature
/// @notice Whether an operator signed, by whichever of its registered keys. A signature is 65 bytes of
/// ECDSA, or the address of an ERC-1271 key and what that contract takes.
/// @dev Three steps in this order: which key the signature names, whether it is registered, and only
/// then, for a contract, whether it agrees. So no unknown contract is called.
library OperatorSignature {
    uint256 private constant ADDRESS_LENGTH = 20;

    /// @notice Whether a key of `operator` that is active at `timestampS` signed `digest`.
    function isValid(
        IOperatorRegistry registry,
        address operator,
        bytes32 digest,
        bytes calldata signature,
        uint64 timestampS
    ) internal view returns (bool) {
        address key = keyOf(digest, signature);
        return
            registry.signingKeyActiveAt(operator, key, timestampS) && isConfirmed(digest, signature);
    }

    /// @notice The key that `signature` names: the recovered one, or the ERC-1271 contract in front.
    /// Zero, which no operator can register, when it names none.
    function keyOf(bytes32 digest, bytes calldata signature) internal view returns (address key) {
        if (signature.length == StrictSignature.ECDSA_LENGTH) {
            key = StrictSignature.recover(digest, signature);
        } else if (signature.length >= ADDRESS_LENGTH) {
            key = address(bytes20(signature[:ADDRESS_LENGTH]));
        }
    }

    /// @notice Whether the registered key that `signature` names made it: a recovered one has, and an
    /// ERC-1271 contract is asked.
    function isConfirmed(bytes32 digest, bytes calldata signature) internal view returns (bool) {
        return signature.length == StrictSignature.ECDSA_LENGTH
            || StrictSignature.isValidErc1271(
            address(bytes20(signature[:ADDRESS_LENGTH])), digest, signature[ADDRESS_LENGTH:]
        );
    }
}
