// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {JobTerms, Rhythm} from "../types/JobTerms.sol";
import {IJobOffers} from "./IJobOffers.sol";
import {IReceiptVerifier} from "./IReceiptVerifier.sol";
import {ITierEvidence} from "./ITierEvidence.sol";

/// @title IInferenceCoordinator
/// @notice Contracts ask for inference here, once or on a schedule, and get an answer that a receipt
/// vouches for.
/// @dev
///     (none) --request--> open --fulfill--> delivered
///                         open --fulfill (answers used up, no agreement)--> failed
///                         open --expire (after the deadline)--> expired
///
/// Paid are the contributors that the receipts name, and the gateway of the receipt that completes the job,
/// whoever delivers: an answer copied from the mempool earns its copier nothing. Money is never pushed: it
/// is booked in `balances` and withdrawn.
///
/// The id of a job is of its question: a reorganisation never gives one id to two of them, for which an
/// honest contributor could be slashed (two works under one id, S1).
interface IInferenceCoordinator {
    struct Job {
        address consumer;
        uint64 deadline;
        uint8 state;
        uint8 answers;
        bool callbackPending;
        /// @dev The contributor that took the job on; zero: none did.
        address acceptedBy;
        bytes32 inputHash;
        /// @dev What was agreed on; zero until delivered.
        bytes32 contentHash;
        bytes32 receiptDigest;
    }

    struct Schedule {
        address consumer;
        Rhythm rhythm;
        /// @dev Number of the last interval that was run, from 1; zero: none.
        uint32 lastInterval;
        uint32 runs;
        /// @dev Atomic units not yet spent on a job.
        uint128 budget;
        /// @dev Zero: dynamic, the consumer says the input of each run (`IInferenceInput`).
        bytes32 inputHash;
    }

    /// @notice `input` is empty where it is private: then the gateway is given it, and `inputHash` is not
    /// that of nothing.
    event JobRequested(
        bytes32 indexed jobId,
        address indexed consumer,
        bytes32 indexed modelId,
        JobTerms terms,
        uint64 deadline,
        bytes32 inputHash,
        bytes input
    );
    event JobAccepted(bytes32 indexed jobId, address indexed contributor);
    event AnswerAdded(
        bytes32 indexed jobId,
        address indexed contributor,
        bytes32 contentHash,
        bytes32 receiptDigest,
        uint96 fee
    );
    /// @notice `gateway` got the delivery fee.
    event JobDelivered(
        bytes32 indexed jobId, bytes32 indexed contentHash, address indexed gateway, bytes content
    );
    event JobFailed(bytes32 indexed jobId);
    event JobExpired(bytes32 indexed jobId);
    event CallbackSucceeded(bytes32 indexed jobId);
    event CallbackFailed(bytes32 indexed jobId);
    event ScheduleCreated(
        bytes32 indexed scheduleId,
        address indexed consumer,
        JobTerms terms,
        Rhythm rhythm,
        uint128 budget,
        bytes input
    );
    event ScheduleRun(bytes32 indexed scheduleId, uint32 indexed interval, bytes32 indexed jobId);
    event ScheduleCancelled(bytes32 indexed scheduleId, uint128 returned);
    event Withdrawn(address indexed account, address indexed to, uint256 amount);

    error MaxFeeIsZero();
    error DeliveryTimeOutOfRange(uint32 deliveryTime, uint32 minimum, uint32 maximum);
    error CallbackGasTooHigh(uint32 callbackGas, uint32 maximum);
    error AgreementOutOfRange(uint8 agreement, uint8 answersMax, uint8 maximum);
    error InputTooLong(uint256 length, uint256 maximum);
    /// @notice What of the tiers asked for cannot be had: there is no such tier, nobody judges it at this
    /// deployment, or the model has no circuit (64).
    error TierUnavailable(uint16 tiers);
    error JobNotOpen(bytes32 jobId, uint8 state);
    error DeadlinePassed(uint64 deadline, uint256 nowS);
    error DeadlineNotPassed(uint64 deadline, uint256 nowS);
    error TermsMismatch(bytes32 expected, bytes32 actual);
    error ReceiptOfOtherJob(bytes32 expected, bytes32 actual);
    error ReceiptOfOtherInput(bytes32 expected, bytes32 actual);
    error WorkIncomplete(uint8 status);
    error ReceiptRefused(bytes32 jobId);
    error NoAnswers(bytes32 jobId);
    /// @notice No quote of a trusted execution environment covers the contributor's work (tier 16).
    error KeyNotBound(address contributor, uint64 finishedAt);
    error AlreadyAnswered(bytes32 jobId, address contributor);
    error AlreadyAccepted(bytes32 jobId, address contributor);
    error SenderNotServing(address sender);
    error CallbackGasMissing(uint256 gasLeft, uint256 required);
    error NoCallbackPending(bytes32 jobId);
    error ContentMismatch(bytes32 expected, bytes32 actual);
    error CallbackReverted(bytes32 jobId);
    error PeriodTooShort(uint32 period, uint32 minimum);
    error RunsMaxIsZero();
    error BudgetTooSmall(uint128 budget, uint256 required);
    error NoSchedule(bytes32 scheduleId);
    error ScheduleNotDue(bytes32 scheduleId, uint256 dueAt, uint256 nowS);
    error ScheduleOver(bytes32 scheduleId);
    error SenderNotConsumer(address sender, address consumer);
    error InputGasMissing(uint256 gasLeft, uint256 required);
    error InputUnavailable(bytes32 scheduleId, uint32 interval);
    error NothingToWithdraw(address account);

    /// @notice Asks for one answer. Takes `maxFee * agreement + deliveryFee` from the sender by allowance;
    /// what the answer costs less is booked back to it.
    /// @param input The exact bytes for the engine; the receipt must carry their sha256 as
    /// `work.inputHash`.
    /// @return jobId What the receipt must carry as `work.jobId`.
    function request(JobTerms calldata terms, bytes calldata input) external returns (bytes32 jobId);

    /// @notice As `request`, for an input that is not to be on the chain: the gateway gets it from whoever
    /// asked, and answers what has this hash.
    /// @param inputHash sha256 of the exact bytes for the engine.
    function requestPrivate(JobTerms calldata terms, bytes32 inputHash)
        external
        returns (bytes32 jobId);

    /// @notice Binds the sender, a serving contributor, to see to it that the job is delivered. If it
    /// is not, the sender can be slashed (S6). The first to accept is the one that is bound.
    function accept(bytes32 jobId) external;

    /// @notice Delivers one answer, or several that say the same. Anyone; paid are those whom the receipts
    /// name.
    /// @dev Reverts when an answer is not good. Answers of contributors whose answer is in already are
    /// passed over, so that who delivers a part of them first holds up nothing; none left is an error. A
    /// callback that reverts or burns its gas does not revert the delivery: it can be retried. The callback
    /// may call anything here again.
    /// @param terms The terms of the request (only their hash is stored).
    /// @param packed Of each answer `abi.encode(Receipt, bytes contributorSignature, bytes gatewaySignature)`.
    /// @param proof Where the terms ask for tier 64, what `ITierEvidence.proveInference` takes; unused when
    /// that inference is proven already.
    function fulfill(
        bytes32 jobId,
        JobTerms calldata terms,
        bytes calldata content,
        bytes[] calldata packed,
        bytes calldata proof
    ) external;

    /// @notice Calls the consumer again with everything left of the sender's gas. Anyone.
    /// @param content The delivered content; it must match the job's content hash.
    function retryCallback(bytes32 jobId, bytes calldata content) external;

    /// @notice Ends a job that nobody delivered in time; the consumer gets everything back. Anyone.
    function expire(bytes32 jobId, JobTerms calldata terms) external;

    /// @notice Asks once each period, at most `runsMax` times, as long as the budget lasts.
    /// @dev Takes `budget` from the sender by allowance. An interval that nobody poked in time is
    /// skipped: there is no catching up.
    /// @param input Empty: each run asks `IInferenceInput(sender).inferenceInput`.
    /// @param budget Atomic units; at least what one run escrows.
    function schedule(
        JobTerms calldata terms,
        bytes calldata input,
        Rhythm calldata rhythm,
        uint128 budget
    ) external returns (bytes32 scheduleId);

    /// @notice Opens the job of the interval that runs now, once. Anyone.
    /// @param input That of the schedule; empty where the schedule is dynamic.
    function poke(bytes32 scheduleId, JobTerms calldata terms, bytes calldata input)
        external
        returns (bytes32 jobId);

    /// @notice Ends a schedule and books what is left of its budget back. The consumer only.
    function cancelSchedule(bytes32 scheduleId) external;

    /// @notice Pays out what is booked for the sender.
    function withdraw(address to) external;

    /// @notice Who accepted a job that was not delivered in time, and did not answer it; zero: nobody, or
    /// it is not so.
    function undeliveredBy(bytes32 jobId) external view returns (address);

    /// @notice Whether an answer to this input that is delivered now would be paid under these terms: what
    /// a contributor asks before it works.
    function isPayable(bytes32 jobId, JobTerms calldata terms, bytes32 inputHash)
        external
        view
        returns (bool);

    /// @notice The interval (from 1) that runs at this time; zero: the schedule has not started.
    function intervalOf(bytes32 scheduleId) external view returns (uint32);

    function jobs(bytes32 jobId) external view returns (Job memory);
    function schedules(bytes32 scheduleId) external view returns (Schedule memory);
    function balances(address account) external view returns (uint256);
    function asset() external view returns (address);
    function verifier() external view returns (IReceiptVerifier);
    function tierEvidence() external view returns (ITierEvidence);
    function offers() external view returns (IJobOffers);
}
