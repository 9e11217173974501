// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OperatorRegistry} from "./OperatorRegistry.sol";
import {IContributorRegistry} from "./interfaces/IContributorRegistry.sol";
import {StrictSignature} from "./libraries/StrictSignature.sol";
import {TypedData} from "./libraries/TypedData.sol";
import {PayoutRegistration} from "./types/PayoutRegistration.sol";
import {RegistryTerms} from "./types/RegistryTerms.sol";

/// @title ContributorRegistry
/// @notice See `IContributorRegistry`.
contract ContributorRegistry is OperatorRegistry, IContributorRegistry {
    bytes32 private constant DOMAIN_NAME_HASH = keccak256("Vouch");

    mapping(address contributor => mapping(bytes32 modelId => bytes32)) public offers;
    mapping(address contributor => Payout) public payouts;

    constructor(RegistryTerms memory terms) OperatorRegistry(terms) {}

    /// @inheritdoc IContributorRegistry
    function publishOffer(bytes32 modelId, bytes32 offerHash) external {
        _registered(msg.sender);
        if (offerHash == bytes32(0)) revert OfferHashIsZero();
        offers[msg.sender][modelId] = offerHash;
        emit OfferPublished(msg.sender, modelId, offerHash);
    }

    /// @inheritdoc IContributorRegistry
    function withdrawOffer(bytes32 modelId) external {
        if (offers[msg.sender][modelId] == bytes32(0)) revert NoOffer(msg.sender, modelId);
        delete offers[msg.sender][modelId];
        emit OfferWithdrawn(msg.sender, modelId);
    }

    /// @inheritdoc IContributorRegistry
    function registerPayout(PayoutRegistration calldata registration, bytes calldata signature)
        external
    {
        address contributor = registration.contributor;
        _registered(contributor);
        if (registration.payoutReceiver == address(0)) revert PayoutReceiverIsZero();
        if (block.timestamp > registration.validUntil) {
            revert PayoutExpired(registration.validUntil, block.timestamp);
        }
        uint64 nonce = payouts[contributor].nonce;
        if (registration.nonce != nonce) revert PayoutNonceMismatch(nonce, registration.nonce);
        _requireConsent(registration, signature);

        payouts[contributor] = Payout({
            chainId: registration.payoutChainId,
            token: registration.payoutToken,
            receiver: registration.payoutReceiver,
            minWithdrawDelay: registration.minWithdrawDelay,
            nonce: nonce + 1
        });
        emit PayoutRegistered(
            contributor,
            registration.payoutChainId,
            registration.payoutToken,
            registration.payoutReceiver,
            registration.minWithdrawDelay,
            nonce
        );
    }

    function _requireConsent(PayoutRegistration calldata registration, bytes calldata signature)
        private
        view
    {
        address contributor = registration.contributor;
        if (signature.length == 0) {
            if (msg.sender != contributor) revert PayoutSenderMismatch(contributor, msg.sender);
            return;
        }
        bytes32 digest = TypedData.digest(
            TypedData.domainSeparator(DOMAIN_NAME_HASH, address(this)), registration.hashStruct()
        );
        if (!StrictSignature.isValid(contributor, digest, signature)) {
            revert PayoutSignatureInvalid(contributor, digest);
        }
    }
}
