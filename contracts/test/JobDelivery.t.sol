// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IInferenceCoordinator} from "../src/interfaces/IInferenceCoordinator.sol";
import {ITierEvidence} from "../src/interfaces/ITierEvidence.sol";
import {JobTerms} from "../src/types/JobTerms.sol";
import {Receipt} from "../src/types/Receipt.sol";
import {JobFixture} from "./support/JobFixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice Several answers at once, what the deliverer gets, private inputs, and tiers that are proven on arrival.
contract JobDeliveryTest is JobFixture {
    /// @dev 1,000 prompt tokens at 1 and 200 completion tokens at 2 atomic units a token.
    uint256 private constant FEE = 1_400;
    uint96 private constant DELIVERY_FEE = 300;

    function setUp() public {
        setUpJobs();
        asset.mint(client, 1_000_000);
        vm.prank(client);
        asset.approve(address(coordinator), type(uint256).max);
    }

    // The delivery fee

    function test_whoever_delivers_contributor_and_gateway_are_paid() public {
        JobTerms memory terms = _terms(1, 1);
        bytes32 jobId = _request(terms);
        bytes memory packed = pack(answerOf(jobId, ANSWER));
        vm.expectEmit(address(coordinator));
        emit IInferenceCoordinator.JobDelivered(jobId, keccak256(ANSWER), gateway, ANSWER);
        vm.prank(reporter); // copied from the mempool
        fulfill(jobId, terms, ANSWER, packed);
        vm.assertEq(coordinator.balances(contributor), FEE);
        vm.assertEq(coordinator.balances(gateway), DELIVERY_FEE);
        vm.assertEq(coordinator.balances(reporter), 0);
        vm.assertEq(coordinator.balances(client), terms.maxFee - FEE);
        vm.assertEq(coordinator.balances(address(coordinator)), 0);
    }

    function test_without_a_delivery_there_is_no_delivery_fee() public {
        JobTerms memory terms = _terms(2, 2);
        bytes32 jobId = _request(terms);
        _answerAlone(jobId, terms, ANSWER, contributor, CONTRIBUTOR_KEY);
        vm.assertEq(coordinator.balances(gateway), 0);
        _answerAlone(jobId, terms, "Rome", second, SECOND_KEY);
        vm.assertEq(coordinator.jobs(jobId).state, 3);
        vm.assertEq(coordinator.balances(client), terms.escrow());

        jobId = _request(terms);
        _answerAlone(jobId, terms, ANSWER, contributor, CONTRIBUTOR_KEY);
        vm.warp(block.timestamp + terms.deliveryTime + 1);
        coordinator.expire(jobId, terms);
        vm.assertEq(coordinator.balances(client), 2 * uint256(terms.escrow()));
        vm.assertEq(coordinator.balances(gateway), 0);
    }

    // Several at once

    function test_two_of_three_come_in_one_transaction() public {
        JobTerms memory terms = _terms(2, 3);
        bytes32 jobId = _request(terms);
        coordinator.fulfill(jobId, terms, ANSWER, _both(jobId), "");
        vm.assertEq(coordinator.jobs(jobId).state, 2);
        vm.assertEq(coordinator.jobs(jobId).answers, 2);
        vm.assertEq(coordinator.balances(contributor), FEE);
        vm.assertEq(coordinator.balances(second), FEE);
        vm.assertEq(coordinator.balances(gateway), DELIVERY_FEE);
        vm.assertEq(coordinator.balances(client), terms.escrow() - 2 * FEE - DELIVERY_FEE);
    }

    function test_an_answer_given_twice_counts_once() public {
        JobTerms memory terms = _terms(2, 3);
        bytes32 jobId = _request(terms);
        bytes[] memory twice = new bytes[](3);
        (twice[0], twice[1]) =
        (_pack(jobId, ANSWER, contributor), _pack(jobId, ANSWER, contributor));
        // Another receipt of the same contributor is no other contributor.
        Receipt memory other = answerOf(jobId, ANSWER);
        other.receiptId = "another";
        twice[2] = pack(other);
        coordinator.fulfill(jobId, terms, ANSWER, twice, "");
        vm.assertEq(coordinator.jobs(jobId).state, 1);
        vm.assertEq(coordinator.jobs(jobId).answers, 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceCoordinator.AlreadyAnswered.selector, jobId, contributor
            )
        );
        coordinator.fulfill(jobId, terms, ANSWER, twice, "");
        vm.assertEq(coordinator.balances(contributor), 0);
    }

    /// @dev Who sees a delivery in the mempool and sends half of it first holds up nothing.
    function test_a_part_of_a_delivery_sent_first_does_not_break_it() public {
        JobTerms memory terms = _terms(2, 3);
        bytes32 jobId = _request(terms);
        bytes[] memory both = _both(jobId);
        vm.prank(reporter);
        fulfill(jobId, terms, ANSWER, both[0]);
        coordinator.fulfill(jobId, terms, ANSWER, both, "");
        vm.assertEq(coordinator.jobs(jobId).state, 2);
        vm.assertEq(coordinator.balances(contributor), FEE);
        vm.assertEq(coordinator.balances(second), FEE);
        vm.assertEq(coordinator.balances(gateway), DELIVERY_FEE);
    }

    function test_answers_beyond_those_needed_are_not_paid_nor_looked_at() public {
        JobTerms memory terms = _terms(1, 3);
        bytes32 jobId = _request(terms);
        bytes[] memory more = new bytes[](3);
        (more[0], more[1], more[2]) =
        (_pack(jobId, ANSWER, contributor), _pack(jobId, ANSWER, second), "nothing at all");
        coordinator.fulfill(jobId, terms, ANSWER, more, "");
        vm.assertEq(coordinator.jobs(jobId).answers, 1);
        vm.assertEq(coordinator.balances(contributor), FEE);
        vm.assertEq(coordinator.balances(second), 0);
    }

    function test_answers_that_say_something_else_do_not_come_along() public {
        JobTerms memory terms = _terms(2, 3);
        bytes32 jobId = _request(terms);
        bytes[] memory both = _both(jobId);
        both[1] = _pack(jobId, "Rome", second);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceCoordinator.ReceiptRefused.selector, jobId)
        );
        coordinator.fulfill(jobId, terms, ANSWER, both, "");
        vm.expectRevert(abi.encodeWithSelector(IInferenceCoordinator.NoAnswers.selector, jobId));
        coordinator.fulfill(jobId, terms, ANSWER, new bytes[](0), "");
    }

    function test_answersMax_holds_for_answers_that_come_together() public {
        JobTerms memory terms = _terms(3, 3);
        bytes32 jobId = _request(terms);
        _answerAlone(jobId, terms, "Rome", third, THIRD_KEY);
        coordinator.fulfill(jobId, terms, ANSWER, _both(jobId), "");
        vm.assertEq(coordinator.jobs(jobId).state, 3);
        vm.assertEq(coordinator.jobs(jobId).answers, 3);
        vm.assertEq(coordinator.balances(client), terms.escrow());
    }

    /// @dev However k of n answers are cut into deliveries, the same people get the same.
    function test_the_split_of_a_delivery_changes_nothing(uint8 cut, bool isReversed) public {
        JobTerms memory terms = _terms(3, 3);
        bytes32 jobId = _request(terms);
        bytes[] memory all = new bytes[](3);
        address[3] memory by = [contributor, second, third];
        for (uint256 i = 0; i < 3; ++i) {
            all[isReversed ? 2 - i : i] = _pack(jobId, ANSWER, by[i]);
        }
        uint256 first = cut % 3;
        if (first != 0) {
            bytes[] memory part = new bytes[](first);
            for (uint256 i = 0; i < first; ++i) {
                part[i] = all[i];
            }
            coordinator.fulfill(jobId, terms, ANSWER, part, "");
            vm.assertEq(coordinator.jobs(jobId).state, 1);
        }
        coordinator.fulfill(jobId, terms, ANSWER, all, "");
        vm.assertEq(coordinator.jobs(jobId).state, 2);
        for (uint256 i = 0; i < 3; ++i) {
            vm.assertEq(coordinator.balances(by[i]), FEE);
        }
        vm.assertEq(coordinator.balances(gateway), DELIVERY_FEE);
        vm.assertEq(coordinator.balances(client), terms.escrow() - 3 * FEE - DELIVERY_FEE);
    }

    // Private inputs, and ids

    function test_a_private_input_is_on_the_chain_by_its_hash_alone() public {
        JobTerms memory terms = _terms(1, 1);
        bytes32 inputHash = sha256(INPUT);
        vm.recordLogs();
        vm.prank(client);
        bytes32 jobId = coordinator.requestPrivate(terms, inputHash);
        AskedJob memory asked = lastAsked();
        vm.assertEq(asked.input, "");
        vm.assertEq(asked.inputHash, inputHash);
        vm.assertEq(asked.consumer, client);
        deliver(jobId, terms, ANSWER);
        vm.assertEq(coordinator.balances(contributor), FEE);
    }

    function test_an_id_names_one_question() public {
        JobTerms memory terms = _terms(1, 1);
        bytes32[6] memory ids;
        ids[0] = _idOf(client, terms, INPUT);
        ids[1] = _idOf(client, terms, "another question");
        ids[2] = _idOf(reporter, terms, INPUT);
        ids[3] = _idOf(client, _terms(1, 2), INPUT);
        vm.chainId(5);
        ids[4] = _idOf(client, terms, INPUT);
        vm.chainId(31337);
        _request(terms);
        ids[5] = _idOf(client, terms, INPUT);
        for (uint256 i = 0; i < ids.length; ++i) {
            for (uint256 j = 0; j < i; ++j) {
                vm.assertTrue(ids[i] != ids[j]);
            }
        }
        vm.assertEq(_idOf(client, terms, INPUT), ids[5]); // and the same question has the same
    }

    function test_isPayable_says_what_a_delivery_would_find() public {
        JobTerms memory terms = _terms(1, 1);
        vm.assertFalse(coordinator.isPayable("no job", terms, sha256(INPUT)));
        bytes32 jobId = _request(terms);
        vm.assertTrue(coordinator.isPayable(jobId, terms, sha256(INPUT)));
        vm.assertFalse(coordinator.isPayable(jobId, terms, sha256("another")));
        vm.assertFalse(coordinator.isPayable(jobId, _terms(1, 2), sha256(INPUT)));
        vm.warp(block.timestamp + terms.deliveryTime);
        vm.assertTrue(coordinator.isPayable(jobId, terms, sha256(INPUT)));
        vm.warp(block.timestamp + 1);
        vm.assertFalse(coordinator.isPayable(jobId, terms, sha256(INPUT)));
        jobId = _request(terms);
        deliver(jobId, terms, ANSWER);
        vm.assertFalse(coordinator.isPayable(jobId, terms, sha256(INPUT)));
    }

    // Tiers that are proven on arrival

    function test_a_proven_answer_is_proven_by_its_delivery() public {
        JobTerms memory terms = _terms(1, 1);
        terms.minTiers = 3 | 64;
        terms.deliveryFee = 500;
        bytes32 jobId = _request(terms);
        bytes[] memory packed = listOf(pack(answerOf(jobId, ANSWER)));
        bytes32 model = terms.modelId;
        bytes memory refused = abi.encodeWithSelector(
            ITierEvidence.ProofRefused.selector, model, sha256(INPUT), keccak256(ANSWER)
        );
        vm.expectRevert(refused);
        coordinator.fulfill(jobId, terms, ANSWER, packed, "");
        bytes memory ofAnother = _proofOf(model, INPUT, "Rome");
        vm.expectRevert(refused);
        coordinator.fulfill(jobId, terms, ANSWER, packed, ofAnother);
        coordinator.fulfill(jobId, terms, ANSWER, packed, _proofOf(model, INPUT, ANSWER));
        vm.assertEq(coordinator.jobs(jobId).state, 2);
        vm.assertEq(tierEvidence.provenAt(model, sha256(INPUT), keccak256(ANSWER)), block.timestamp);
    }

    function test_what_is_proven_already_needs_no_other_proof() public {
        JobTerms memory terms = _terms(1, 1);
        terms.minTiers = 64;
        terms.deliveryFee = 500;
        bytes32 jobId = _request(terms);
        tierEvidence.proveInference(
            terms.modelId, sha256(INPUT), keccak256(ANSWER), _proofOf(terms.modelId, INPUT, ANSWER)
        );
        deliver(jobId, terms, ANSWER);
        vm.assertEq(coordinator.balances(gateway), 500);
    }

    function test_a_TEE_answer_is_of_a_contributor_with_a_key_bound_then() public {
        JobTerms memory terms = _terms(1, 1);
        terms.minTiers = 16;
        bytes32 jobId = _request(terms);
        bytes memory packed = pack(answerOf(jobId, ANSWER));
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceCoordinator.KeyNotBound.selector, contributor, block.timestamp
            )
        );
        fulfill(jobId, terms, ANSWER, packed);
        address key = vm.addr(CONTRIBUTOR_KEY);
        bytes32 reportData =
            keccak256(abi.encode(block.chainid, address(tierEvidence), contributor, key));
        uint64 until = uint64(block.timestamp) + 1 days;
        tierEvidence.bindKey(contributor, key, abi.encode(reportData, key, until));
        fulfill(jobId, terms, ANSWER, packed);
        vm.assertEq(coordinator.jobs(jobId).state, 2);
    }

    function test_other_tiers_are_what_the_receipt_says_of_itself() public {
        JobTerms memory terms = _terms(1, 1);
        terms.minTiers = 4;
        bytes32 jobId = _request(terms);
        Receipt memory receipt = answerOf(jobId, ANSWER);
        bytes memory packed = pack(receipt);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceCoordinator.ReceiptRefused.selector, jobId)
        );
        fulfill(jobId, terms, ANSWER, packed);
        receipt.tiers = 7;
        packed = pack(receipt);
        fulfill(jobId, terms, ANSWER, packed);
        vm.assertEq(coordinator.jobs(jobId).state, 2);
    }

    function _terms(uint8 agreement, uint8 answersMax)
        private
        view
        returns (JobTerms memory terms)
    {
        terms = jobTerms();
        terms.deliveryFee = DELIVERY_FEE;
        terms.agreement = agreement;
        terms.answersMax = answersMax;
    }

    function _request(JobTerms memory terms) private returns (bytes32) {
        vm.prank(client);
        return coordinator.request(terms, INPUT);
    }

    /// @dev What the next request would be called; nothing is left of it.
    function _idOf(address sender, JobTerms memory terms, bytes memory input)
        private
        returns (bytes32 jobId)
    {
        uint256 snapshot = vm.snapshotState();
        asset.mint(sender, terms.escrow());
        vm.startPrank(sender);
        asset.approve(address(coordinator), type(uint256).max);
        jobId = coordinator.request(terms, input);
        vm.stopPrank();
        vm.revertToState(snapshot);
    }

    function _answerAlone(
        bytes32 jobId,
        JobTerms memory terms,
        bytes memory content,
        address by,
        uint256 key
    ) private {
        fulfill(jobId, terms, content, pack(answerOf(jobId, INPUT, content, by), key));
    }

    function _both(bytes32 jobId) private view returns (bytes[] memory both) {
        both = new bytes[](2);
        both[0] = _pack(jobId, ANSWER, contributor);
        both[1] = _pack(jobId, ANSWER, second);
    }

    function _pack(bytes32 jobId, bytes memory content, address by)
        private
        view
        returns (bytes memory)
    {
        uint256 key = by == contributor ? CONTRIBUTOR_KEY : by == second ? SECOND_KEY : THIRD_KEY;
        return pack(answerOf(jobId, INPUT, content, by), key);
    }

    function _proofOf(bytes32 modelId, bytes memory input, bytes memory content)
        private
        pure
        returns (bytes memory)
    {
        return abi.encode(keccak256(abi.encode(modelId, sha256(input), keccak256(content))));
    }
}
