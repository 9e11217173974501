// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {JobOffer} from "../types/JobOffer.sol";
import {JobTerms} from "../types/JobTerms.sol";

/// @title IJobOffers
/// @notice On what terms gateways take jobs of contracts. A consumer reads its terms here, and the
/// coordinator refuses here what a named gateway would not serve, before any money moves.
interface IJobOffers {
    event JobOffered(address indexed gateway, bytes32 indexed modelId, JobOffer offer);

    error SenderNotGateway(address sender);
    /// @notice The gateway does not offer the model, or is not serving.
    error NotOffered(address gateway, bytes32 modelId);
    error TiersNotOffered(uint16 asked, uint16 offered);
    error PromptPriceTooLow(uint128 given, uint128 required);
    error CompletionPriceTooLow(uint128 given, uint128 required);
    error DeliveryFeeTooLow(uint96 given, uint256 required);
    error CallbackGasNotOffered(uint32 asked, uint32 offered);
    error DeliveryTimeTooShort(uint32 given, uint32 required);
    error AnswersNotOffered(uint8 asked, uint8 offered);

    /// @notice Says on what terms the sender, an operator of the GatewayRegistry, takes jobs for the model.
    /// Takes the place of what it said before; `tiers` zero takes it back.
    function offer(bytes32 modelId, JobOffer calldata offer_) external;

    /// @notice Zeros: not offered.
    function offerOf(address gateway, bytes32 modelId) external view returns (JobOffer memory);

    /// @notice The least `deliveryFee` for which the gateway takes the terms: for the delivery, the gas of
    /// the callback and, where tier 64 is asked for, the proof. Does not look at `terms.deliveryFee`.
    function feeOf(address gateway, JobTerms calldata terms) external view returns (uint256);

    /// @notice Reverts with what is wrong unless `terms.gateway` serves, and offers these terms.
    function requireOffered(JobTerms calldata terms) external view;
}
