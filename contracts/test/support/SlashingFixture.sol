// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {InclusionChallenges} from "../../src/InclusionChallenges.sol";
import {InferenceCoordinator} from "../../src/InferenceCoordinator.sol";
import {JobOffers} from "../../src/JobOffers.sol";
import {Slashing} from "../../src/Slashing.sol";
import {TierEvidence} from "../../src/TierEvidence.sol";
import {IInferenceProofVerifier, IQuoteVerifier} from "../../src/interfaces/ITierEvidence.sol";
import {SlashingTerms} from "../../src/types/SlashingTerms.sol";
import {ReceiptFixture} from "./ReceiptFixture.sol";
import {FixedQuoteVerifier, TaggedProofVerifier} from "./TierVerifiers.sol";
import {vm} from "./Vm.sol";

/// @notice A receipt fixture with the contracts that slash, appointed.
abstract contract SlashingFixture is ReceiptFixture {
    uint96 internal constant PROMISE_PENALTY = 50e6;
    uint96 internal constant NON_DELIVERY_PENALTY = 20e6;
    uint96 internal constant PROOF_BOND = 5e6;

    address internal reporter = address(0x4E904);

    FixedQuoteVerifier internal quotes;
    TierEvidence internal tierEvidence;
    JobOffers internal offers;
    InferenceCoordinator internal coordinator;
    Slashing internal slashing;
    InclusionChallenges internal inclusion;

    function setUpSlashing() internal {
        setUpReceipts();
        quotes = new FixedQuoteVerifier();
        tierEvidence = new TierEvidence(
            IQuoteVerifier(address(quotes)), IInferenceProofVerifier(new TaggedProofVerifier())
        );
        offers = new JobOffers(gateways);
        coordinator =
            new InferenceCoordinator(address(asset), verifier, contributors, tierEvidence, offers);
        slashing = new Slashing(
            SlashingTerms({
                contributors: contributors,
                gateways: gateways,
                receiptAnchor: receiptAnchor,
                tierEvidence: tierEvidence,
                coordinator: coordinator,
                verifier: address(verifier),
                nonDeliveryPenalty: NON_DELIVERY_PENALTY,
                proofBond: PROOF_BOND
            })
        );
        inclusion =
            new InclusionChallenges(gateways, receiptAnchor, address(verifier), PROMISE_PENALTY);
        appoint(slashersOf());
    }

    function slashersOf() internal virtual returns (address[] memory list) {
        list = new address[](2);
        list[0] = address(slashing);
        list[1] = address(inclusion);
    }

    function appoint(address[] memory list) private {
        vm.startPrank(admin);
        contributors.appointSlashers(list);
        gateways.appointSlashers(list);
        receiptAnchor.appointMarkers(list);
        vm.stopPrank();
    }
}
