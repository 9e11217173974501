// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {InferenceConsumer} from "../../src/InferenceConsumer.sol";
import {DailyBriefing} from "../../src/examples/DailyBriefing.sol";
import {ModeratedBoard} from "../../src/examples/ModeratedBoard.sol";
import {IInferenceGateway} from "../../src/interfaces/IInferenceGateway.sol";
import {JobTerms} from "../../src/types/JobTerms.sol";
import {Policy} from "../../src/types/Policy.sol";
import {Receipt} from "../../src/types/Receipt.sol";
import {JobFixture} from "../support/JobFixture.sol";
import {vm} from "../support/Vm.sol";
import {Oracle} from "./Oracle.sol";

contract ExamplesTest is JobFixture {
    ModeratedBoard private _board;
    DailyBriefing private _briefing;
    JobTerms private _terms;

    function setUp() public {
        setUpJobs();
        JobTerms memory terms = jobTerms();
        terms.callbackGas = 300_000;
        _terms = terms;
        _board = new ModeratedBoard(coordinator, terms);
        _briefing =
            new DailyBriefing(coordinator, terms, "What is new?", "https://gateway.example/ccip");
        asset.mint(client, 1_000_000);
        asset.mint(address(this), 1_000_000);
        vm.prank(client);
        asset.approve(address(_board), type(uint256).max);
        asset.approve(address(_briefing), type(uint256).max);
    }

    function test_a_post_is_published_when_the_model_allows_it() public {
        vm.prank(client);
        bytes32 jobId = _board.post("hello");
        _deliver(jobId, "Answer allow or deny.\nhello", "allow");
        vm.assertTrue(_board.published(keccak256("hello")));
        vm.prank(client);
        jobId = _board.post("spam");
        _deliver(jobId, "Answer allow or deny.\nspam", "deny");
        vm.assertFalse(_board.published(keccak256("spam")));
    }

    function test_the_oracle_of_the_page_asks_and_keeps_its_answer() public {
        Oracle oracle = new Oracle(coordinator, gateway);
        asset.mint(address(oracle), 100_000);
        vm.recordLogs();
        oracle.ask("Is it raining?");
        AskedJob memory asked = lastAsked();
        vm.assertEq(
            string(asked.input),
            '{"model":"mini","messages":[{"role":"user","content":"Is it raining?"}],"max_tokens":100,"temperature":0,"seed":0}'
        );
        deliver(asked, "No.");
        vm.assertEq(oracle.answer(), "No.");
    }

    function test_nobody_but_the_coordinator_brings_answers() public {
        vm.expectRevert(
            abi.encodeWithSelector(
                InferenceConsumer.SenderNotCoordinator.selector, address(this), address(coordinator)
            )
        );
        _board.onInference("job", "allow", "digest");
    }

    function test_a_briefing_comes_every_day_until_it_is_stopped() public {
        _briefing.start(7, 70_000);
        vm.expectRevert(
            abi.encodeWithSelector(DailyBriefing.AlreadyStarted.selector, _briefing.scheduleId())
        );
        _briefing.start(7, 70_000);
        for (uint256 day = 0; day < 3; ++day) {
            bytes32 jobId = coordinator.poke(_briefing.scheduleId(), _terms, "What is new?");
            bytes memory news = abi.encodePacked("day ", vm.toString(day));
            _deliver(jobId, "What is new?", news);
            vm.assertEq(_briefing.briefing(), news);
            vm.assertEq(_briefing.receivedAt(), block.timestamp);
            vm.warp(block.timestamp + 1 days);
        }
        uint256 before = asset.balanceOf(address(this));
        _briefing.stop();
        // 1,400 for each of three answers; everything else comes back.
        vm.assertEq(asset.balanceOf(address(this)) - before, 70_000 - 3 * 1_400);
    }

    function test_a_briefing_is_its_owners_to_start_and_stop() public {
        bytes memory refused =
            abi.encodeWithSelector(DailyBriefing.SenderNotOwner.selector, client, address(this));
        vm.expectRevert(refused);
        vm.prank(client);
        _briefing.start(7, 70_000);
        vm.expectRevert(refused);
        vm.prank(client);
        _briefing.stop();
    }

    /// @dev What an EIP-3668 client does: catch the lookup, ask the URL, hand the response in.
    function test_a_question_is_answered_at_once_by_an_offchain_lookup() public {
        (string memory url, bytes memory callData, bytes memory extraData) = _lookup();
        vm.assertEq(url, "https://gateway.example/ccip");
        vm.assertEq(
            callData, abi.encodeCall(IInferenceGateway.infer, (_terms.modelId, "What is new?"))
        );
        Receipt memory receipt = answerOf("offchain", "What is new?", "Nothing.", contributor);
        bytes memory response = abi.encode(bytes("Nothing."), pack(receipt));
        vm.assertEq(_briefing.onOffchainAnswer(response, extraData), "Nothing.");

        // A forged answer, an answer to another question, an answer that is too old.
        bytes memory refused = abi.encodeWithSelector(
            InferenceConsumer.AnswerRefused.selector, _terms.modelId, sha256("What is new?")
        );
        response = abi.encode(bytes("Everything."), pack(receipt));
        vm.expectRevert(refused);
        _briefing.onOffchainAnswer(response, extraData);
        receipt = answerOf("offchain", "What is old?", "Nothing.", contributor);
        response = abi.encode(bytes("Nothing."), pack(receipt));
        vm.expectRevert(refused);
        _briefing.onOffchainAnswer(response, extraData);
        receipt = answerOf("offchain", "What is new?", "Nothing.", contributor);
        response = abi.encode(bytes("Nothing."), pack(receipt));
        vm.warp(block.timestamp + 1 hours + 1);
        vm.expectRevert(refused);
        _briefing.onOffchainAnswer(response, extraData);
    }

    function _lookup()
        private
        view
        returns (string memory url, bytes memory callData, bytes memory extraData)
    {
        try _briefing.askNow() {
            vm.assertTrue(false, "askNow answered by itself");
        } catch (bytes memory revertData) {
            bytes memory arguments = new bytes(revertData.length - 4);
            for (uint256 i = 0; i < arguments.length; ++i) {
                arguments[i] = revertData[i + 4];
            }
            address sender;
            string[] memory urls;
            bytes4 callback;
            (sender, urls, callData, callback, extraData) =
                abi.decode(arguments, (address, string[], bytes, bytes4, bytes));
            vm.assertEq(
                bytes32(bytes4(revertData)), bytes32(InferenceConsumer.OffchainLookup.selector)
            );
            vm.assertEq(sender, address(_briefing));
            vm.assertEq(bytes32(callback), bytes32(_briefing.onOffchainAnswer.selector));
            url = urls[0];
        }
    }

    function _deliver(bytes32 jobId, bytes memory input, bytes memory content) private {
        bytes memory packed = pack(answerOf(jobId, input, content, contributor));
        fulfill(jobId, _terms, content, packed);
    }
}
