// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PayoutRegistration} from "../types/PayoutRegistration.sol";
import {IOperatorRegistry} from "./IOperatorRegistry.sol";

/// @title IContributorRegistry
/// @notice An operator registry whose operators also offer models and say where they are paid.
/// @dev EIP-712 domain of `PayoutRegistration`: name "Vouch", version "1", this chain, this address.
interface IContributorRegistry is IOperatorRegistry {
    struct Payout {
        uint256 chainId;
        address token;
        address receiver;
        /// @dev Seconds; 40 bits as in x402.
        uint40 minWithdrawDelay;
        uint64 nonce;
    }

    event OfferPublished(
        address indexed contributor, bytes32 indexed modelId, bytes32 indexed offerHash
    );
    event OfferWithdrawn(address indexed contributor, bytes32 indexed modelId);
    event PayoutRegistered(
        address indexed contributor,
        uint256 payoutChainId,
        address payoutToken,
        address payoutReceiver,
        uint40 minWithdrawDelay,
        uint64 nonce
    );

    error OfferHashIsZero();
    error NoOffer(address contributor, bytes32 modelId);
    error PayoutReceiverIsZero();
    error PayoutExpired(uint64 validUntil, uint256 nowS);
    error PayoutNonceMismatch(uint64 expected, uint64 actual);
    error PayoutSenderMismatch(address contributor, address sender);
    error PayoutSignatureInvalid(address contributor, bytes32 digest);

    /// @notice Offers a model. The offer itself (limits, price sheet, context) is a document that the
    /// contributor's endpoint serves.
    /// @param offerHash keccak256 of the document in canonical JSON (RFC 8785).
    function publishOffer(bytes32 modelId, bytes32 offerHash) external;

    function withdrawOffer(bytes32 modelId) external;

    /// @notice Registers where the contributor is paid: by itself with an empty signature, or by
    /// anyone with its EIP-712 signature (EOA or ERC-1271).
    function registerPayout(PayoutRegistration calldata registration, bytes calldata signature)
        external;

    /// @notice Zero: no offer.
    function offers(address contributor, bytes32 modelId) external view returns (bytes32 offerHash);

    function payouts(address contributor)
        external
        view
        returns (
            uint256 chainId,
            address token,
            address receiver,
            uint40 minWithdrawDelay,
            uint64 nonce
        );
}
