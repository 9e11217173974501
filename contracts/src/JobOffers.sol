// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IJobOffers} from "./interfaces/IJobOffers.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {JobOffer} from "./types/JobOffer.sol";
import {JobTerms} from "./types/JobTerms.sol";

/// @title JobOffers
/// @notice See `IJobOffers`.
contract JobOffers is IJobOffers {
    IOperatorRegistry public immutable gateways;

    mapping(address gateway => mapping(bytes32 modelId => JobOffer)) private _offers;

    constructor(IOperatorRegistry gateways_) {
        gateways = gateways_;
    }

    /// @inheritdoc IJobOffers
    function offer(bytes32 modelId, JobOffer calldata offer_) external {
        if (gateways.operators(msg.sender).state == 0) revert SenderNotGateway(msg.sender);
        _offers[msg.sender][modelId] = offer_;
        emit JobOffered(msg.sender, modelId, offer_);
    }

    /// @inheritdoc IJobOffers
    function offerOf(address gateway, bytes32 modelId) external view returns (JobOffer memory) {
        return _offers[gateway][modelId];
    }

    /// @inheritdoc IJobOffers
    function feeOf(address gateway, JobTerms calldata terms) external view returns (uint256) {
        JobOffer memory offered = _offers[gateway][terms.modelId];
        return offered.feeFor(terms);
    }

    /// @inheritdoc IJobOffers
    function requireOffered(JobTerms calldata terms) external view {
        JobOffer memory offered = _offers[terms.gateway][terms.modelId];
        if (offered.tiers == 0 || !gateways.isServing(terms.gateway)) {
            revert NotOffered(terms.gateway, terms.modelId);
        }
        if (terms.minTiers & ~offered.tiers != 0) {
            revert TiersNotOffered(terms.minTiers, offered.tiers);
        }
        if (terms.promptAtomicPerMtok < offered.promptAtomicPerMtok) {
            revert PromptPriceTooLow(terms.promptAtomicPerMtok, offered.promptAtomicPerMtok);
        }
        if (terms.completionAtomicPerMtok < offered.completionAtomicPerMtok) {
            revert CompletionPriceTooLow(
                terms.completionAtomicPerMtok, offered.completionAtomicPerMtok
            );
        }
        if (terms.callbackGas > offered.callbackGasMax) {
            revert CallbackGasNotOffered(terms.callbackGas, offered.callbackGasMax);
        }
        if (terms.deliveryTime < offered.deliveryTimeMin) {
            revert DeliveryTimeTooShort(terms.deliveryTime, offered.deliveryTimeMin);
        }
        if (terms.answersMax > offered.answersMax) {
            revert AnswersNotOffered(terms.answersMax, offered.answersMax);
        }
        uint256 fee = offered.feeFor(terms);
        if (terms.deliveryFee < fee) revert DeliveryFeeTooLow(terms.deliveryFee, fee);
    }
}
