// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EfficientHashLib} from "solady/utils/EfficientHashLib.sol";
import {LibBytes} from "solady/utils/LibBytes.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {StrictSignature} from "./StrictSignature.sol";
import {TypedData} from "./TypedData.sol";

/// @title OperatorSignature
/// @notice Whether an operator signed, by whichever of its registered keys. A signature is 65 bytes of
/// ECDSA; or such 65 bytes over a batch of statements, and behind them the siblings of this one; or
/// the address of an ERC-1271 key and what that contract takes.
/// @dev Three steps in this order: which key the signature names, whether it is registered, and only
/// then, for a contract, whether it agrees. So no unknown contract is called.
///
/// A batch is the tree of OpenZeppelin's MerkleProof: leaves are hashes of one word, the digest of a
/// statement, nodes of two, so that neither passes for the other. Its domain names no chain and no
/// contract, because each digest does. `src/chain/batch-signature.ts` is the same off chain.
library OperatorSignature {
    uint256 private constant ADDRESS_LENGTH = 20;
    uint256 private constant MAX_SIBLINGS = 16;

    bytes32 private constant BATCH_TYPEHASH = keccak256("Batch(bytes32 root)");
    bytes32 private constant BATCH_SEPARATOR = keccak256(
        abi.encode(
            keccak256("EIP712Domain(string name,string version)"),
            keccak256("Vouch Batches"),
            TypedData.VERSION_1_HASH
        )
    );

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
        } else if (_isOfBatch(signature)) {
            key = StrictSignature.recover(
                _batchDigest(digest, signature), signature[:StrictSignature.ECDSA_LENGTH]
            );
        } else if (signature.length >= ADDRESS_LENGTH) {
            key = address(bytes20(signature[:ADDRESS_LENGTH]));
        }
    }

    /// @notice Whether the registered key that `signature` names made it: a recovered one has, and an
    /// ERC-1271 contract is asked.
    function isConfirmed(bytes32 digest, bytes calldata signature) internal view returns (bool) {
        return signature.length == StrictSignature.ECDSA_LENGTH || _isOfBatch(signature)
            || StrictSignature.isValidErc1271(
            address(bytes20(signature[:ADDRESS_LENGTH])), digest, signature[ADDRESS_LENGTH:]
        );
    }

    /// @dev By its length alone. An ERC-1271 signature of such a length is not read as one: its wallet
    /// takes a byte more. None of the usual forms is: neither ABI-encoded nor 65 bytes for each owner.
    function _isOfBatch(bytes calldata signature) private pure returns (bool) {
        uint256 length = signature.length;
        return length > StrictSignature.ECDSA_LENGTH
            && length <= StrictSignature.ECDSA_LENGTH + 32 * MAX_SIBLINGS
            && (length - StrictSignature.ECDSA_LENGTH) % 32 == 0;
    }

    /// @dev What the 65 bytes in front sign.
    /// @param signature Of a batch.
    function _batchDigest(bytes32 digest, bytes calldata signature) private pure returns (bytes32) {
        bytes32 node = EfficientHashLib.hash(digest);
        for (uint256 at = StrictSignature.ECDSA_LENGTH; at < signature.length; at += 32) {
            bytes32 sibling = LibBytes.loadCalldata(signature, at);
            node = node < sibling
                ? EfficientHashLib.hash(node, sibling)
                : EfficientHashLib.hash(sibling, node);
        }
        return TypedData.digest(BATCH_SEPARATOR, EfficientHashLib.hash(BATCH_TYPEHASH, node));
    }
}
