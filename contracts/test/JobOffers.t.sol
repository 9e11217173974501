// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {InferenceCoordinator} from "../src/InferenceCoordinator.sol";
import {TierEvidence} from "../src/TierEvidence.sol";
import {IInferenceCoordinator} from "../src/interfaces/IInferenceCoordinator.sol";
import {IJobOffers} from "../src/interfaces/IJobOffers.sol";
import {IInferenceProofVerifier, IQuoteVerifier} from "../src/interfaces/ITierEvidence.sol";
import {JobOffer} from "../src/types/JobOffer.sol";
import {JobTerms, Rhythm} from "../src/types/JobTerms.sol";
import {JobFixture} from "./support/JobFixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice What a gateway offers, and what is refused before any money moves.
contract JobOffersTest is JobFixture {
    function setUp() public {
        setUpJobs();
        _offer(_fullOffer());
        asset.mint(address(this), 1_000_000);
        asset.approve(address(coordinator), type(uint256).max);
    }

    function test_an_offer_is_its_gateways_and_takes_the_place_of_the_last() public {
        JobOffer memory offered = offers.offerOf(gateway, keccak256("model"));
        vm.assertEq(keccak256(abi.encode(offered)), keccak256(abi.encode(_fullOffer())));
        vm.assertEq(offers.offerOf(gateway, "another").tiers, 0);
        offered.tiers = 0;
        vm.expectEmit(address(offers));
        emit IJobOffers.JobOffered(gateway, keccak256("model"), offered);
        _offer(offered);
        _refuse(_terms(), _error(IJobOffers.NotOffered.selector, gateway, keccak256("model")));
        vm.expectRevert(abi.encodeWithSelector(IJobOffers.SenderNotGateway.selector, contributor));
        vm.prank(contributor); // an operator, of the other registry
        offers.offer(keccak256("model"), _fullOffer());
    }

    function test_the_fee_is_for_delivery_callback_and_proof() public view {
        JobTerms memory terms = _terms();
        vm.assertEq(offers.feeOf(gateway, terms), 1_000 + 500);
        terms.callbackGas = 1; // rounded up
        vm.assertEq(offers.feeOf(gateway, terms), 1_001);
        terms.callbackGas = 0;
        terms.minTiers |= 64;
        vm.assertEq(offers.feeOf(gateway, terms), 1_000 + 700);
        vm.assertEq(offers.feeOf(contributor, terms), 0);
    }

    function test_terms_that_meet_an_offer_exactly_are_taken() public {
        JobTerms memory terms = _terms();
        coordinator.request(terms, INPUT);
        vm.assertEq(asset.balanceOf(address(coordinator)), terms.escrow());
    }

    function test_what_a_gateway_does_not_offer_is_refused_by_name() public {
        JobTerms memory terms = _terms();
        terms.minTiers = 8 | 1;
        _refuse(terms, abi.encodeWithSelector(IJobOffers.TiersNotOffered.selector, 9, 67));
        terms = _terms();
        terms.promptAtomicPerMtok -= 1;
        _refuse(terms, abi.encodeWithSelector(IJobOffers.PromptPriceTooLow.selector, 9, 10));
        terms = _terms();
        terms.completionAtomicPerMtok -= 1;
        _refuse(terms, abi.encodeWithSelector(IJobOffers.CompletionPriceTooLow.selector, 19, 20));
        terms = _terms();
        terms.callbackGas += 1;
        _refuse(
            terms,
            abi.encodeWithSelector(IJobOffers.CallbackGasNotOffered.selector, 500_001, 500_000)
        );
        terms = _terms();
        terms.deliveryTime -= 1;
        _refuse(terms, abi.encodeWithSelector(IJobOffers.DeliveryTimeTooShort.selector, 299, 300));
        terms = _terms();
        terms.answersMax += 1;
        _refuse(terms, abi.encodeWithSelector(IJobOffers.AnswersNotOffered.selector, 3, 2));
        terms = _terms();
        terms.deliveryFee -= 1;
        _refuse(terms, abi.encodeWithSelector(IJobOffers.DeliveryFeeTooLow.selector, 1_499, 1_500));
        terms = _terms();
        terms.modelId = "another";
        _refuse(terms, _error(IJobOffers.NotOffered.selector, gateway, "another"));
        vm.prank(gateway);
        gateways.pause();
        _refuse(_terms(), _error(IJobOffers.NotOffered.selector, gateway, keccak256("model")));
    }

    function test_who_asks_any_gateway_is_held_to_nobodys_offer() public {
        JobTerms memory terms = _terms();
        terms.gateway = address(0);
        terms.deliveryFee = 0;
        terms.promptAtomicPerMtok = 0;
        coordinator.request(terms, INPUT);
    }

    function test_tiers_that_nobody_gives_are_refused(uint16 tiers) public {
        JobTerms memory terms = _terms();
        terms.gateway = address(0);
        terms.minTiers = tiers;
        uint16 missing = tiers & ~uint16(1 | 2 | 4 | 8 | 16 | 64);
        if (missing != 0) {
            _refuse(
                terms,
                abi.encodeWithSelector(IInferenceCoordinator.TierUnavailable.selector, missing)
            );
        } else {
            coordinator.request(terms, INPUT);
        }
    }

    function test_a_proof_is_asked_of_models_that_have_a_circuit() public {
        JobTerms memory terms = _terms();
        terms.gateway = address(0);
        terms.minTiers = 64;
        terms.modelId = "without a circuit";
        _refuse(terms, abi.encodeWithSelector(IInferenceCoordinator.TierUnavailable.selector, 64));
    }

    function test_a_deployment_without_judges_has_no_tiers_to_judge() public {
        TierEvidence nobody =
            new TierEvidence(IQuoteVerifier(address(0)), IInferenceProofVerifier(address(0)));
        coordinator =
            new InferenceCoordinator(address(asset), verifier, contributors, nobody, offers);
        asset.approve(address(coordinator), type(uint256).max);
        vm.assertEq(coordinator.tiersAvailable(), 15);
        JobTerms memory terms = _terms();
        terms.gateway = address(0);
        terms.minTiers = 16 | 64 | 1;
        _refuse(terms, abi.encodeWithSelector(IInferenceCoordinator.TierUnavailable.selector, 80));
        terms.minTiers = 1;
        coordinator.request(terms, INPUT);
    }

    function _terms() private view returns (JobTerms memory) {
        return JobTerms({
            modelId: keccak256("model"),
            gateway: gateway,
            minTiers: 3,
            promptAtomicPerMtok: 10,
            completionAtomicPerMtok: 20,
            maxFee: 1,
            deliveryFee: 1_500,
            deliveryTime: 300,
            callbackGas: 500_000,
            agreement: 1,
            answersMax: 2
        });
    }

    function _fullOffer() private pure returns (JobOffer memory) {
        return JobOffer({
            tiers: 1 | 2 | 64,
            promptAtomicPerMtok: 10,
            callbackGasMax: 500_000,
            deliveryTimeMin: 300,
            answersMax: 2,
            completionAtomicPerMtok: 20,
            deliveryFee: 1_000,
            callbackFeePerMgas: 1_000,
            proofFee: 700
        });
    }

    function _offer(JobOffer memory offered) private {
        vm.prank(gateway);
        offers.offer(keccak256("model"), offered);
    }

    /// @dev By every way that asks; nothing is taken.
    function _refuse(JobTerms memory terms, bytes memory error) private {
        uint256 before = asset.balanceOf(address(this));
        bytes32 inputHash = sha256(INPUT);
        vm.expectRevert(error);
        coordinator.request(terms, INPUT);
        vm.expectRevert(error);
        coordinator.requestPrivate(terms, inputHash);
        vm.expectRevert(error);
        coordinator.schedule(terms, INPUT, Rhythm(0, 1 hours, 1), 100_000);
        vm.assertEq(asset.balanceOf(address(this)), before);
    }

    function _error(bytes4 selector, address account, bytes32 modelId)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(selector, account, modelId);
    }
}
