// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {InferenceConsumer} from "../../src/InferenceConsumer.sol";
import {InferenceCoordinator} from "../../src/InferenceCoordinator.sol";
import {TierEvidence} from "../../src/TierEvidence.sol";
import {IInferenceCoordinator} from "../../src/interfaces/IInferenceCoordinator.sol";
import {IQuoteVerifier} from "../../src/interfaces/ITierEvidence.sol";
import {ChatInput} from "../../src/libraries/ChatInput.sol";
import {ModelProofs} from "../../src/proofs/ModelProofs.sol";
import {JobTerms} from "../../src/types/JobTerms.sol";
import {PROOF_PACKED} from "../../src/types/ModelCircuit.sol";
import {Receipt} from "../../src/types/Receipt.sol";
import {Groth16Fixture} from "../support/Groth16Fixture.sol";
import {JobFixture} from "../support/JobFixture.sol";
import {ModelFixture} from "../support/ModelFixture.sol";
import {vm} from "../support/Vm.sol";
import {GasCeilings} from "./GasCeilings.t.sol";

/// @notice A consumer in ten lines, with every way to ask.
contract MeasuredConsumer is InferenceConsumer {
    bytes32 private constant MODEL = keccak256("model");

    bytes public answer;

    constructor(IInferenceCoordinator coordinator_, address gateway_)
        InferenceConsumer(coordinator_, gateway_)
    {}

    function ask(string calldata question) external returns (bytes32) {
        return _ask(MODEL, ChatInput.chat("vouch-mini", "", question, 100), 100, 200_000);
    }

    function askRaw(bytes calldata input) external returns (bytes32) {
        return _ask(MODEL, input, 100, 200_000);
    }

    function askOf(JobTerms calldata terms, bytes calldata input) external returns (bytes32) {
        return _request(terms, input);
    }

    function _onAnswer(bytes32, bytes calldata content, bytes32) internal override {
        answer = content;
    }
}

/// @notice What asking and delivering cost as whole transactions, to parties that did it before. Infernet publishes
/// 267,000 for asking and 203,000 for delivering.
/// forge-config: default.isolate = true
contract JobsGasTest is GasCeilings, JobFixture, Groth16Fixture, ModelFixture {
    string private constant QUESTION = "What is the capital of France?";
    bytes private constant RAW =
        '{"model":"vouch-mini","messages":[{"role":"user","content":"What is the capital of France?"}],"max_tokens":100,"temperature":0,"seed":0}';

    MeasuredConsumer private _consumer;

    function setUp() public {
        setUpJobs();
        openGroth16Vectors();
        _useCoordinator();
    }

    function test_asking_by_a_chat_of_one_line() public {
        _consumer.ask(QUESTION);
        _consumer.ask(QUESTION);
        assertGas("ask, chat of 30 bytes", 195_000);
    }

    function test_asking_by_bytes_that_were_given() public {
        _consumer.askRaw(RAW);
        _consumer.askRaw(RAW);
        assertGas("ask, 136 bytes given", 173_000);
    }

    function test_asking_without_a_contract() public {
        asset.mint(client, 1_000_000);
        vm.prank(client);
        asset.approve(address(coordinator), type(uint256).max);
        JobTerms memory terms = _jobTerms(1, 1);
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(client);
            coordinator.request(terms, RAW);
        }
        assertGas("ask, from an account", 160_000);
    }

    function test_delivering_one_answer() public {
        JobTerms memory terms = _jobTerms(1, 1);
        _deliver(terms, 1, "");
        _deliver(terms, 1, "");
        assertGas("deliver, 1 answer", 163_000);
    }

    function test_delivering_one_answer_to_a_callback() public {
        JobTerms memory terms = _jobTerms(1, 1);
        terms.callbackGas = 200_000;
        _deliver(terms, 1, "");
        _deliver(terms, 1, "");
        assertGas("deliver, 1 answer and a callback", 171_000);
        vm.assertEq(_consumer.answer(), ANSWER);
    }

    function test_delivering_two_of_three() public {
        JobTerms memory terms = _jobTerms(2, 3);
        _deliver(terms, 2, "");
        _deliver(terms, 2, "");
        assertGas("deliver, 2 of 3", 210_000);
    }

    /// @dev Sixteen values in and one out, proven by a Groth16 proof of four public inputs.
    function test_delivering_with_a_proof() public {
        Secrets memory secrets = secretsOf(4, 1);
        models = new ModelProofs();
        bytes32 modelId = models.register(
            PREFIX, circuitOf(address(deployGroth16(keyOf(secrets))), PROOF_PACKED, 16, 1), SUFFIX
        );
        tierEvidence = new TierEvidence(IQuoteVerifier(address(0)), models);
        coordinator =
            new InferenceCoordinator(address(asset), verifier, contributors, tierEvidence, offers);
        vm.prank(gateway);
        offers.offer(modelId, jobOffer());
        _useCoordinator();
        JobTerms memory terms = _jobTerms(1, 1);
        terms.modelId = modelId;
        terms.minTiers = 3 | 64;
        terms.deliveryFee = 500;
        _deliverProven(terms, secrets, 1);
        bytes32 jobId = _deliverProven(terms, secrets, 2);
        assertGas("deliver, 1 proven answer", 500_000);
        vm.assertEq(coordinator.jobs(jobId).state, 2);
    }

    function _deliverProven(JobTerms memory terms, Secrets memory secrets, int256 salt)
        private
        returns (bytes32 jobId)
    {
        int256[] memory inputs = new int256[](16);
        for (uint256 i = 0; i < inputs.length; ++i) {
            inputs[i] = 1_000_000 * int256(i) - salt;
        }
        int256[] memory outputs = list(-3 * salt);
        (, bytes32[] memory elements) =
            abi.decode(packedProof("any", inputs, outputs), (bytes32, bytes32[]));
        jobId = _consumer.askOf(terms, abi.encode(inputs));
        bytes memory content = abi.encode(outputs);
        Receipt memory receipt = answerOf(jobId, abi.encode(inputs), content, contributor);
        receipt.work.modelId = terms.modelId;
        bytes memory proof = abi.encode(inputs, outputs, proofOf(secrets, elements, 11));
        coordinator.fulfill(jobId, terms, content, listOf(pack(receipt)), proof);
    }

    function _deliver(JobTerms memory terms, uint256 answers, bytes memory proof) private {
        bytes32 jobId = _consumer.askOf(terms, INPUT);
        bytes[] memory packed = new bytes[](answers);
        packed[0] = pack(answerOf(jobId, ANSWER));
        if (answers == 2) {
            packed[1] = pack(answerOf(jobId, INPUT, ANSWER, second), SECOND_KEY);
        }
        coordinator.fulfill(jobId, terms, ANSWER, packed, proof);
    }

    function _useCoordinator() private {
        _consumer = new MeasuredConsumer(coordinator, gateway);
        asset.mint(address(_consumer), 1_000_000);
    }

    function _jobTerms(uint8 agreement, uint8 answersMax)
        private
        view
        returns (JobTerms memory terms)
    {
        terms = jobTerms();
        terms.deliveryFee = 300;
        terms.agreement = agreement;
        terms.answersMax = answersMax;
    }
}
