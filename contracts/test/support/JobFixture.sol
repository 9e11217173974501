// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IInferenceCoordinator} from "../../src/interfaces/IInferenceCoordinator.sol";
import {JobOffer} from "../../src/types/JobOffer.sol";
import {JobTerms} from "../../src/types/JobTerms.sol";
import {Receipt} from "../../src/types/Receipt.sol";
import {SlashingFixture} from "./SlashingFixture.sol";
import {Vm, vm} from "./Vm.sol";

/// @notice A slashing fixture with two more contributors and answers to jobs.
abstract contract JobFixture is SlashingFixture {
    bytes internal constant INPUT = "What is the capital of France?";

    uint256 internal constant SECOND_KEY = 0xC048;
    uint256 internal constant THIRD_KEY = 0xC049;
    address internal second = address(0xC0470002);
    address internal third = address(0xC0470003);

    function setUpJobs() internal {
        setUpSlashing();
        register(contributors, second, SECOND_KEY);
        register(contributors, third, THIRD_KEY);
        vm.prank(gateway);
        offers.offer(keccak256("model"), jobOffer());
    }

    function jobOffer() internal pure returns (JobOffer memory) {
        return JobOffer({
            tiers: 1 | 2 | 4 | 16 | 64,
            promptAtomicPerMtok: 0,
            callbackGasMax: 5_000_000,
            deliveryTimeMin: 60,
            answersMax: 16,
            completionAtomicPerMtok: 0,
            deliveryFee: 0,
            callbackFeePerMgas: 0,
            proofFee: 500
        });
    }

    function jobTerms() internal view returns (JobTerms memory) {
        return JobTerms({
            modelId: keccak256("model"),
            gateway: gateway,
            minTiers: 1,
            promptAtomicPerMtok: 1_000_000,
            completionAtomicPerMtok: 2_000_000,
            maxFee: 10_000,
            deliveryFee: 0,
            deliveryTime: 10 minutes,
            callbackGas: 0,
            agreement: 1,
            answersMax: 1
        });
    }

    function answerOf(bytes32 jobId, bytes memory content) internal view returns (Receipt memory) {
        return answerOf(jobId, INPUT, content, contributor);
    }

    function answerOf(bytes32 jobId, bytes memory input, bytes memory content, address by)
        internal
        view
        returns (Receipt memory receipt)
    {
        receipt = receiptOf(uint256(jobId));
        receipt.work.jobId = jobId;
        receipt.work.inputHash = sha256(input);
        receipt.work.contentHash = keccak256(content);
        receipt.work.contributor = by;
        receipt.work.finishedAt = uint64(block.timestamp);
    }

    function pack(Receipt memory receipt, uint256 key) internal view returns (bytes memory) {
        return abi.encode(receipt, signWork(receipt.work, key), signReceipt(receipt, GATEWAY_KEY));
    }

    function pack(Receipt memory receipt) internal view returns (bytes memory) {
        return pack(receipt, CONTRIBUTOR_KEY);
    }

    function deliver(bytes32 jobId, JobTerms memory jobTerms_, bytes memory content) internal {
        bytes memory packed = pack(answerOf(jobId, content));
        fulfill(jobId, jobTerms_, content, packed);
    }

    /// @dev One answer, and one call alone: what is said of the next call is said of the coordinator's.
    function fulfill(
        bytes32 jobId,
        JobTerms memory jobTerms_,
        bytes memory content,
        bytes memory packed
    ) internal {
        coordinator.fulfill(jobId, jobTerms_, content, listOf(packed), "");
    }

    /// @dev What a consumer asked, by the coordinator's event.
    struct AskedJob {
        bytes32 jobId;
        address consumer;
        JobTerms terms;
        bytes32 inputHash;
        bytes input;
    }

    /// @dev The newest request since `vm.recordLogs()`, or since the last call of this.
    function lastAsked() internal returns (AskedJob memory asked) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = logs.length; i > 0; --i) {
            Vm.Log memory entry = logs[i - 1];
            if (entry.topics[0] != IInferenceCoordinator.JobRequested.selector) continue;
            asked.jobId = entry.topics[1];
            asked.consumer = address(uint160(uint256(entry.topics[2])));
            (asked.terms,, asked.inputHash, asked.input) =
                abi.decode(entry.data, (JobTerms, uint64, bytes32, bytes));
            return asked;
        }
        vm.assertTrue(false, "nobody asked");
    }

    function deliver(AskedJob memory asked, bytes memory content) internal {
        Receipt memory receipt = answerOf(asked.jobId, asked.input, content, contributor);
        receipt.work.modelId = asked.terms.modelId;
        receipt.work.inputHash = asked.inputHash;
        fulfill(asked.jobId, asked.terms, content, pack(receipt));
    }

    function listOf(bytes memory packed) internal pure returns (bytes[] memory list) {
        list = new bytes[](1);
        list[0] = packed;
    }
}
