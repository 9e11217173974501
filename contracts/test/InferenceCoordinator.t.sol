// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IInferenceCoordinator} from "../src/interfaces/IInferenceCoordinator.sol";
import {ISlashing} from "../src/interfaces/ISlashing.sol";
import {JobTerms, Rhythm} from "../src/types/JobTerms.sol";
import {Receipt} from "../src/types/Receipt.sol";
import {MoodyConsumer} from "./hostile/Consumers.sol";
import {JobFixture} from "./support/JobFixture.sol";
import {vm} from "./support/Vm.sol";

contract InferenceCoordinatorTest is JobFixture {
    /// @dev 1,000 prompt tokens at 1 and 200 completion tokens at 2 atomic units a token.
    uint256 private constant FEE = 1_400;

    function setUp() public {
        setUpJobs();
        asset.mint(client, 1_000_000);
        vm.prank(client);
        asset.approve(address(coordinator), type(uint256).max);
    }

    // One job

    function test_an_answer_pays_its_contributor_by_tokens_and_refunds_the_rest() public {
        JobTerms memory terms = jobTerms();
        bytes32 jobId = _request(terms);
        bytes memory packed = pack(answerOf(jobId, ANSWER));
        vm.prank(reporter); // whoever delivers
        fulfill(jobId, terms, ANSWER, packed);

        vm.assertEq(coordinator.balances(contributor), FEE);
        vm.assertEq(coordinator.balances(client), terms.maxFee - FEE);
        vm.assertEq(coordinator.balances(reporter), 0);
        IInferenceCoordinator.Job memory job = coordinator.jobs(jobId);
        vm.assertEq(job.state, 2);
        vm.assertEq(job.contentHash, keccak256(ANSWER));
        vm.prank(contributor);
        coordinator.withdraw(second);
        vm.assertEq(asset.balanceOf(second), FEE);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceCoordinator.NothingToWithdraw.selector, contributor)
        );
        vm.prank(contributor);
        coordinator.withdraw(second);
    }

    function test_no_answer_costs_more_than_maxFee(uint32 completionTokens, uint128 price) public {
        JobTerms memory terms = jobTerms();
        terms.completionAtomicPerMtok = price;
        bytes32 jobId = _request(terms);
        Receipt memory receipt = answerOf(jobId, ANSWER);
        receipt.work.completionTokens = completionTokens;
        bytes memory packed = pack(receipt);
        fulfill(jobId, terms, ANSWER, packed);
        vm.assertLe(coordinator.balances(contributor), terms.maxFee);
        vm.assertEq(coordinator.balances(contributor) + coordinator.balances(client), terms.maxFee);
    }

    function test_a_job_is_delivered_once() public {
        JobTerms memory terms = jobTerms();
        bytes32 jobId = _request(terms);
        deliver(jobId, terms, ANSWER);
        _expectFulfillRevert(
            jobId,
            terms,
            answerOf(jobId, ANSWER),
            abi.encodeWithSelector(IInferenceCoordinator.JobNotOpen.selector, jobId, 2)
        );
    }

    function test_the_receipt_must_be_of_this_job_input_and_model() public {
        JobTerms memory terms = jobTerms();
        bytes32 jobId = _request(terms);
        Receipt memory receipt = answerOf("another job", ANSWER);
        _expectFulfillRevert(
            jobId,
            terms,
            receipt,
            abi.encodeWithSelector(
                IInferenceCoordinator.ReceiptOfOtherJob.selector, jobId, bytes32("another job")
            )
        );
        receipt = answerOf(jobId, ANSWER);
        receipt.work.inputHash = sha256("another input");
        _expectFulfillRevert(
            jobId,
            terms,
            receipt,
            abi.encodeWithSelector(
                IInferenceCoordinator.ReceiptOfOtherInput.selector,
                sha256(INPUT),
                sha256("another input")
            )
        );
        receipt = answerOf(jobId, ANSWER);
        receipt.work.status = 3;
        _expectFulfillRevert(
            jobId,
            terms,
            receipt,
            abi.encodeWithSelector(IInferenceCoordinator.WorkIncomplete.selector, 3)
        );
        bytes memory refused =
            abi.encodeWithSelector(IInferenceCoordinator.ReceiptRefused.selector, jobId);
        receipt = answerOf(jobId, ANSWER);
        receipt.work.modelId = "another model";
        _expectFulfillRevert(jobId, terms, receipt, refused);
        receipt = answerOf(jobId, "another answer");
        _expectFulfillRevert(jobId, terms, receipt, refused);
        receipt = answerOf(jobId, ANSWER);
        receipt.tiers = 1; // nobody to pay
        _expectFulfillRevert(jobId, terms, receipt, refused);
        bytes memory forged = pack(answerOf(jobId, ANSWER), OTHER_KEY);
        vm.expectRevert(refused);
        fulfill(jobId, terms, ANSWER, forged);
    }

    function test_the_terms_are_those_of_the_request() public {
        JobTerms memory terms = jobTerms();
        bytes32 jobId = _request(terms);
        JobTerms memory other = jobTerms();
        other.maxFee += 1;
        bytes memory mismatch = abi.encodeWithSelector(
            IInferenceCoordinator.TermsMismatch.selector,
            keccak256(abi.encode(terms)),
            keccak256(abi.encode(other))
        );
        _expectFulfillRevert(jobId, other, answerOf(jobId, ANSWER), mismatch);
        vm.warp(block.timestamp + 11 minutes);
        vm.expectRevert(mismatch);
        coordinator.expire(jobId, other);
    }

    function test_terms_that_could_not_work_are_refused() public {
        JobTerms memory terms = jobTerms();
        terms.maxFee = 0;
        _expectRequestRevert(
            terms, INPUT, abi.encodeWithSelector(IInferenceCoordinator.MaxFeeIsZero.selector)
        );
        terms = jobTerms();
        terms.deliveryTime = 59;
        _expectRequestRevert(terms, INPUT, _deliveryTimeError(59));
        terms.deliveryTime = 7 days + 1;
        _expectRequestRevert(terms, INPUT, _deliveryTimeError(7 days + 1));
        terms = jobTerms();
        terms.callbackGas = 5_000_001;
        _expectRequestRevert(
            terms,
            INPUT,
            abi.encodeWithSelector(
                IInferenceCoordinator.CallbackGasTooHigh.selector, 5_000_001, 5_000_000
            )
        );
        terms = jobTerms();
        terms.agreement = 0;
        _expectRequestRevert(terms, INPUT, _agreementError(0, 1));
        terms.agreement = 2;
        _expectRequestRevert(terms, INPUT, _agreementError(2, 1));
        terms.answersMax = 17;
        _expectRequestRevert(terms, INPUT, _agreementError(2, 17));
        _expectRequestRevert(
            jobTerms(),
            new bytes(32_769),
            abi.encodeWithSelector(IInferenceCoordinator.InputTooLong.selector, 32_769, 32_768)
        );
    }

    // Time

    function test_a_late_answer_is_refused_and_the_consumer_gets_everything_back() public {
        JobTerms memory terms = jobTerms();
        bytes32 jobId = _request(terms);
        uint64 deadline = uint64(block.timestamp) + terms.deliveryTime;
        vm.warp(deadline);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceCoordinator.DeadlineNotPassed.selector, deadline, deadline
            )
        );
        coordinator.expire(jobId, terms);
        vm.warp(deadline + 1);
        _expectFulfillRevert(
            jobId,
            terms,
            answerOf(jobId, ANSWER),
            abi.encodeWithSelector(
                IInferenceCoordinator.DeadlinePassed.selector, deadline, deadline + 1
            )
        );
        coordinator.expire(jobId, terms);
        vm.assertEq(coordinator.balances(client), terms.maxFee);
        vm.expectRevert(abi.encodeWithSelector(IInferenceCoordinator.JobNotOpen.selector, jobId, 4));
        coordinator.expire(jobId, terms);
    }

    function test_S6_who_accepts_a_job_answers_for_its_delivery() public {
        JobTerms memory terms = jobTerms();
        bytes32 jobId = _request(terms);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceCoordinator.SenderNotServing.selector, client)
        );
        vm.prank(client);
        coordinator.accept(jobId);
        vm.prank(contributor);
        coordinator.accept(jobId);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceCoordinator.AlreadyAccepted.selector, jobId, contributor
            )
        );
        vm.prank(second);
        coordinator.accept(jobId);

        vm.expectRevert(abi.encodeWithSelector(ISlashing.NotUndelivered.selector, jobId));
        slashing.reportNonDelivery(jobId);
        vm.warp(block.timestamp + terms.deliveryTime + 1);
        vm.prank(reporter);
        slashing.reportNonDelivery(jobId);
        vm.assertEq(contributors.operators(contributor).stake, MIN_STAKE - NON_DELIVERY_PENALTY);
        coordinator.expire(jobId, terms);
        vm.expectRevert();
        slashing.reportNonDelivery(jobId);
    }

    function test_S6_a_job_that_anyone_delivered_is_no_fault() public {
        JobTerms memory terms = jobTerms();
        bytes32 jobId = _request(terms);
        vm.prank(second);
        coordinator.accept(jobId);
        deliver(jobId, terms, ANSWER);
        vm.warp(block.timestamp + terms.deliveryTime + 1);
        vm.expectRevert(abi.encodeWithSelector(ISlashing.NotUndelivered.selector, jobId));
        slashing.reportNonDelivery(jobId);
    }

    /// @dev Of k answers the accepting one came: what others owe is not taken from it.
    function test_S6_who_answered_is_not_slashed_for_those_who_did_not() public {
        JobTerms memory terms = _agreeing();
        bytes32 jobId = _request(terms);
        vm.prank(contributor);
        coordinator.accept(jobId);
        _answer(jobId, terms, ANSWER, contributor, CONTRIBUTOR_KEY);
        vm.warp(block.timestamp + terms.deliveryTime + 1);
        vm.expectRevert(abi.encodeWithSelector(ISlashing.NotUndelivered.selector, jobId));
        slashing.reportNonDelivery(jobId);
        coordinator.expire(jobId, terms);
        vm.expectRevert(abi.encodeWithSelector(ISlashing.NotUndelivered.selector, jobId));
        slashing.reportNonDelivery(jobId);
    }

    function test_S6_the_answers_of_others_do_not_deliver_for_who_accepted() public {
        JobTerms memory terms = _agreeing();
        bytes32 jobId = _request(terms);
        vm.prank(contributor);
        coordinator.accept(jobId);
        _answer(jobId, terms, ANSWER, second, SECOND_KEY);
        vm.warp(block.timestamp + terms.deliveryTime + 1);
        slashing.reportNonDelivery(jobId);
        vm.assertEq(contributors.operators(contributor).stake, MIN_STAKE - NON_DELIVERY_PENALTY);
    }

    function test_a_job_is_accepted_before_its_deadline() public {
        JobTerms memory terms = jobTerms();
        bytes32 jobId = _request(terms);
        uint256 deadline = block.timestamp + terms.deliveryTime;
        vm.warp(deadline + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceCoordinator.DeadlinePassed.selector, deadline, deadline + 1
            )
        );
        vm.prank(contributor);
        coordinator.accept(jobId);
    }

    // Agreement

    function test_two_of_three_agree_and_only_they_are_paid() public {
        JobTerms memory terms = _agreeing();
        bytes32 jobId = _request(terms);
        _answer(jobId, terms, ANSWER, contributor, CONTRIBUTOR_KEY);
        vm.assertEq(coordinator.jobs(jobId).state, 1);
        bytes memory again = pack(answerOf(jobId, ANSWER));
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceCoordinator.AlreadyAnswered.selector, jobId, contributor
            )
        );
        fulfill(jobId, terms, ANSWER, again);
        _answer(jobId, terms, "Rome", second, SECOND_KEY);
        _answer(jobId, terms, ANSWER, third, THIRD_KEY);
        vm.assertEq(coordinator.jobs(jobId).state, 2);
        vm.assertEq(coordinator.balances(contributor), FEE);
        vm.assertEq(coordinator.balances(second), 0);
        vm.assertEq(coordinator.balances(third), FEE);
        vm.assertEq(coordinator.balances(client), 2 * (terms.maxFee - FEE));
    }

    function test_without_agreement_the_job_fails_and_nobody_is_paid() public {
        JobTerms memory terms = _agreeing();
        bytes32 jobId = _request(terms);
        _answer(jobId, terms, ANSWER, contributor, CONTRIBUTOR_KEY);
        _answer(jobId, terms, "Rome", second, SECOND_KEY);
        _answer(jobId, terms, "Oslo", third, THIRD_KEY);
        vm.assertEq(coordinator.jobs(jobId).state, 3);
        vm.assertEq(coordinator.balances(client), 2 * uint256(terms.maxFee));
        vm.assertEq(coordinator.balances(contributor), 0);
    }

    // Callbacks

    function test_the_consumer_is_called_with_the_answer_and_its_receipt() public {
        (MoodyConsumer consumer, JobTerms memory terms, bytes32 jobId) = _consumer();
        bytes32 digest = verifier.digestOf(answerOf(jobId, ANSWER));
        vm.expectEmit(address(coordinator));
        emit IInferenceCoordinator.CallbackSucceeded(jobId);
        deliverAs(jobId, terms);
        vm.assertEq(consumer.answer(), ANSWER);
        vm.assertEq(consumer.receiptDigest(), digest);
    }

    function test_no_mood_of_a_consumer_keeps_the_deliverer_from_its_fee() public {
        for (uint256 i = 1; i <= 2; ++i) {
            (MoodyConsumer consumer, JobTerms memory terms, bytes32 jobId) = _consumer();
            consumer.setMood(MoodyConsumer.Mood(i), "");
            uint256 before = coordinator.balances(contributor);
            deliverAs(jobId, terms);
            vm.assertEq(coordinator.balances(contributor) - before, FEE);
            vm.assertTrue(coordinator.jobs(jobId).callbackPending);
            vm.assertEq(consumer.answers(), 0);
        }
    }

    function test_what_a_consumer_returns_is_not_paid_for_by_the_deliverer() public {
        (MoodyConsumer consumer, JobTerms memory terms, bytes32 jobId) = _consumer();
        consumer.setMood(MoodyConsumer.Mood.ReturnBomb, "");
        uint256 before = gasleft();
        deliverAs(jobId, terms);
        vm.assertLe(before - gasleft(), uint256(terms.callbackGas) + 400_000);
    }

    function test_a_failed_callback_can_be_retried_until_it_succeeds() public {
        (MoodyConsumer consumer, JobTerms memory terms, bytes32 jobId) = _consumer();
        consumer.setMood(MoodyConsumer.Mood.Revert, "");
        deliverAs(jobId, terms);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceCoordinator.CallbackReverted.selector, jobId)
        );
        coordinator.retryCallback(jobId, ANSWER);
        consumer.setMood(MoodyConsumer.Mood.Accept, "");
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceCoordinator.ContentMismatch.selector, keccak256(ANSWER), keccak256("Rome")
            )
        );
        coordinator.retryCallback(jobId, "Rome");
        coordinator.retryCallback(jobId, ANSWER);
        vm.assertEq(consumer.answers(), 1);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceCoordinator.NoCallbackPending.selector, jobId)
        );
        coordinator.retryCallback(jobId, ANSWER);
    }

    function test_a_deliverer_cannot_starve_the_callback() public {
        (, JobTerms memory terms, bytes32 jobId) = _consumer();
        bytes[] memory packed = listOf(pack(answerOf(jobId, ANSWER)));
        vm.expectPartialRevert(IInferenceCoordinator.CallbackGasMissing.selector);
        coordinator.fulfill{gas: uint256(terms.callbackGas) + 120_000}(
            jobId, terms, ANSWER, packed, ""
        );
        vm.assertEq(coordinator.jobs(jobId).state, 1);
    }

    function test_a_consumer_may_ask_its_next_question_in_the_callback() public {
        (MoodyConsumer consumer, JobTerms memory terms, bytes32 jobId) = _consumer();
        asset.mint(address(consumer), terms.maxFee);
        consumer.setMood(MoodyConsumer.Mood.AskAgain, "");
        deliverAs(jobId, terms);
        vm.assertEq(coordinator.jobs(consumer.nextJobId()).state, 1);
        vm.assertFalse(coordinator.jobs(jobId).callbackPending);
    }

    function test_reentering_with_the_same_job_gains_nothing() public {
        (MoodyConsumer consumer, JobTerms memory terms, bytes32 jobId) = _consumer();
        bytes[] memory packed = listOf(pack(answerOf(jobId, ANSWER)));
        consumer.setMood(
            MoodyConsumer.Mood.Reenter,
            abi.encodeCall(coordinator.fulfill, (jobId, terms, ANSWER, packed, ""))
        );
        deliverAs(jobId, terms);
        vm.assertFalse(consumer.reentered());
        vm.assertEq(coordinator.balances(contributor), FEE);
        consumer.setMood(MoodyConsumer.Mood.Reenter, "");
    }

    // Schedules

    function test_a_schedule_asks_once_each_period_and_skips_what_was_missed() public {
        JobTerms memory terms = jobTerms();
        bytes32 id = _schedule(terms, Rhythm(0, 1 hours, 3), 30_000);
        uint256 start = block.timestamp;
        vm.assertEq(coordinator.intervalOf(id), 1);
        deliver(coordinator.poke(id, terms, INPUT), terms, ANSWER);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceCoordinator.ScheduleNotDue.selector, id, start + 1 hours, start
            )
        );
        coordinator.poke(id, terms, INPUT);
        vm.warp(start + 3 hours + 1); // the second and third interval were missed
        coordinator.poke(id, terms, INPUT);
        vm.assertEq(coordinator.schedules(id).lastInterval, 4);
        vm.warp(start + 4 hours);
        coordinator.poke(id, terms, INPUT);
        vm.warp(start + 5 hours);
        vm.expectRevert(abi.encodeWithSelector(IInferenceCoordinator.ScheduleOver.selector, id));
        coordinator.poke(id, terms, INPUT);
    }

    function test_a_schedule_starts_when_it_says() public {
        JobTerms memory terms = jobTerms();
        uint64 start = uint64(block.timestamp) + 1 days;
        bytes32 id = _schedule(terms, Rhythm(start, 1 hours, 3), 30_000);
        vm.assertEq(coordinator.intervalOf(id), 0);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceCoordinator.ScheduleNotDue.selector, id, start, block.timestamp
            )
        );
        coordinator.poke(id, terms, INPUT);
        vm.warp(start);
        coordinator.poke(id, terms, INPUT);
    }

    function test_a_schedule_ends_with_its_budget() public {
        JobTerms memory terms = jobTerms();
        bytes32 id = _schedule(terms, Rhythm(0, 1 hours, 3), 15_000);
        coordinator.poke(id, terms, INPUT);
        vm.warp(block.timestamp + 1 hours);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceCoordinator.BudgetTooSmall.selector, 5_000, 10_000)
        );
        coordinator.poke(id, terms, INPUT);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceCoordinator.SenderNotConsumer.selector, address(this), client
            )
        );
        coordinator.cancelSchedule(id);
        vm.prank(client);
        coordinator.cancelSchedule(id);
        vm.assertEq(coordinator.balances(client), 5_000);
        vm.expectRevert(abi.encodeWithSelector(IInferenceCoordinator.NoSchedule.selector, id));
        coordinator.poke(id, terms, INPUT);
    }

    function test_a_poke_repeats_the_terms_and_the_input() public {
        JobTerms memory terms = jobTerms();
        bytes32 id = _schedule(terms, Rhythm(0, 1 hours, 3), 30_000);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceCoordinator.ContentMismatch.selector, sha256(INPUT), sha256("other")
            )
        );
        coordinator.poke(id, terms, "other");
        terms.maxFee = 1;
        vm.expectPartialRevert(IInferenceCoordinator.TermsMismatch.selector);
        coordinator.poke(id, terms, INPUT);
    }

    function test_rhythms_that_could_not_work_are_refused() public {
        vm.startPrank(client);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceCoordinator.PeriodTooShort.selector, 59, 60)
        );
        coordinator.schedule(jobTerms(), INPUT, Rhythm(0, 59, 1), 10_000);
        vm.expectRevert(IInferenceCoordinator.RunsMaxIsZero.selector);
        coordinator.schedule(jobTerms(), INPUT, Rhythm(0, 60, 0), 10_000);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceCoordinator.BudgetTooSmall.selector, 9_999, 10_000)
        );
        coordinator.schedule(jobTerms(), INPUT, Rhythm(0, 60, 1), 9_999);
        vm.stopPrank();
    }

    function deliverAs(bytes32 jobId, JobTerms memory terms) internal {
        deliver(jobId, terms, ANSWER);
    }

    function _request(JobTerms memory terms) private returns (bytes32) {
        vm.prank(client);
        return coordinator.request(terms, INPUT);
    }

    function _schedule(JobTerms memory terms, Rhythm memory rhythm, uint128 budget)
        private
        returns (bytes32)
    {
        vm.prank(client);
        return coordinator.schedule(terms, INPUT, rhythm, budget);
    }

    function _consumer()
        private
        returns (MoodyConsumer consumer, JobTerms memory terms, bytes32 jobId)
    {
        terms = jobTerms();
        terms.callbackGas = 500_000;
        consumer = new MoodyConsumer(coordinator, terms);
        asset.mint(address(consumer), terms.maxFee);
        jobId = consumer.ask(INPUT);
    }

    function _agreeing() private view returns (JobTerms memory terms) {
        terms = jobTerms();
        terms.agreement = 2;
        terms.answersMax = 3;
    }

    function _answer(
        bytes32 jobId,
        JobTerms memory terms,
        bytes memory content,
        address by,
        uint256 key
    ) private {
        bytes memory packed = pack(answerOf(jobId, INPUT, content, by), key);
        fulfill(jobId, terms, content, packed);
    }

    function _expectFulfillRevert(
        bytes32 jobId,
        JobTerms memory terms,
        Receipt memory receipt,
        bytes memory revertData
    ) private {
        bytes memory packed = pack(receipt);
        vm.expectRevert(revertData);
        fulfill(jobId, terms, ANSWER, packed);
    }

    function _expectRequestRevert(
        JobTerms memory terms,
        bytes memory input,
        bytes memory revertData
    ) private {
        vm.expectRevert(revertData);
        coordinator.request(terms, input);
    }

    function _deliveryTimeError(uint32 time) private pure returns (bytes memory) {
        return abi.encodeWithSelector(
            IInferenceCoordinator.DeliveryTimeOutOfRange.selector, time, 60, 7 days
        );
    }

    function _agreementError(uint8 agreement, uint8 answersMax)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(
            IInferenceCoordinator.AgreementOutOfRange.selector, agreement, answersMax, 16
        );
    }
}
