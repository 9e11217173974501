// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OperatorRegistry} from "./OperatorRegistry.sol";
import {SigningKeyBook} from "./SigningKeyBook.sol";
import {IContributorRegistry} from "./interfaces/IContributorRegistry.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {ISigningKeyBook} from "./interfaces/ISigningKeyBook.sol";
import {StrictSignature} from "./libraries/StrictSignature.sol";
import {TypedData} from "./libraries/TypedData.sol";
import {KeyEpoch, keyIdOf} from "./types/KeyEpoch.sol";
import {PayoutRegistration} from "./types/PayoutRegistration.sol";
import {RegistryTerms} from "./types/RegistryTerms.sol";

/// @title ContributorRegistry
/// @notice See `IContributorRegistry`. Holds the signing keys of every registry, see `SigningKeyBook`.
contract ContributorRegistry is OperatorRegistry, SigningKeyBook, IContributorRegistry {
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

    /// @inheritdoc IOperatorRegistry
    function keyBook() external view returns (ISigningKeyBook) {
        return this;
    }

    function _setKeyEpoch(address operator, address key, KeyEpoch memory epoch) internal override {
        keyEpochs[keyIdOf(address(this), operator, key)] = epoch;
    }

    function _keyEpochOf(address operator, address key)
        internal
        view
        override
        returns (KeyEpoch memory)
    {
        return keyEpochs[keyIdOf(address(this), operator, key)];
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
