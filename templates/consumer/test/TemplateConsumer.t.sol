// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {InferenceConsumer} from "vouch/InferenceConsumer.sol";
import {IInferenceCoordinator} from "vouch/interfaces/IInferenceCoordinator.sol";
import {TemplateConsumer} from "../src/TemplateConsumer.sol";

/// @dev The two cheat codes of forge that are used here.
interface Vm {
    function prank(address sender) external;
    function expectPartialRevert(bytes4 selector) external;
}

contract TemplateConsumerTest {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    address private constant COORDINATOR = address(0xC0);

    TemplateConsumer private consumer;

    function setUp() public {
        IInferenceCoordinator coordinator = IInferenceCoordinator(COORDINATOR);
        consumer = new TemplateConsumer(coordinator, address(0x6A), keccak256("model"));
    }

    function test_theCoordinatorsAnswerIsKept() public {
        vm.prank(COORDINATOR);
        consumer.onInference(keccak256("job"), "forty-two", keccak256("receipt"));
        assert(keccak256(bytes(consumer.answer())) == keccak256("forty-two"));
    }

    function test_nobodyElseCanAnswer() public {
        vm.expectPartialRevert(InferenceConsumer.SenderNotCoordinator.selector);
        consumer.onInference(keccak256("job"), "anything", keccak256("receipt"));
    }
}
