// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {IPermit2} from "../../src/interfaces/IPermit2.sol";
import {StrictSignature} from "../../src/libraries/StrictSignature.sol";

/// @notice The one function of Permit2 that deposits use, written from its documentation: witness
/// transfers under its domain (which has no version), with unordered nonces.
contract SignatureTransfer is IPermit2 {
    using SafeTransferLib for address;

    error InvalidSigner();
    error InvalidNonce();
    error SignatureExpired(uint256 deadline);

    mapping(address owner => mapping(uint256 nonce => bool)) public used;

    function permitWitnessTransferFrom(
        PermitTransferFrom calldata permit,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes32 witness,
        string calldata witnessTypeString,
        bytes calldata signature
    ) external {
        if (block.timestamp > permit.deadline) {
            revert SignatureExpired(permit.deadline);
        }
        if (used[owner][permit.nonce]) revert InvalidNonce();
        used[owner][permit.nonce] = true;
        bytes32 digest = digestOf(permit, msg.sender, witness, witnessTypeString);
        if (!StrictSignature.isValid(owner, digest, signature)) revert InvalidSigner();
        permit.permitted.token
            .safeTransferFrom(owner, transferDetails.to, transferDetails.requestedAmount);
    }

    function digestOf(
        PermitTransferFrom calldata permit,
        address spender,
        bytes32 witness,
        string calldata witnessTypeString
    ) public view returns (bytes32) {
        bytes32 separator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)"),
                keccak256("Permit2"),
                block.chainid,
                address(this)
            )
        );
        bytes32 typeHash = keccak256(
            abi.encodePacked(
                "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,",
                witnessTypeString
            )
        );
        bytes32 permitted = keccak256(
            abi.encode(
                keccak256("TokenPermissions(address token,uint256 amount)"), permit.permitted
            )
        );
        return keccak256(
            abi.encodePacked(
                hex"1901",
                separator,
                keccak256(
                    abi.encode(typeHash, permitted, spender, permit.nonce, permit.deadline, witness)
                )
            )
        );
    }
}
