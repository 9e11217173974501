// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {InferenceConsumer} from "../InferenceConsumer.sol";
import {IInferenceCoordinator} from "../interfaces/IInferenceCoordinator.sol";
import {ChatInput} from "../libraries/ChatInput.sol";

/// @title GameCharacter
/// @notice An example that talks: a player says a line, the character answers it through a language model, and both
/// are on the chain. A line stays a line: it cannot become an instruction's message, another model or an option.
/// @dev A player can still talk the character into anything, as with any such character, so its words are words here:
/// nothing follows from them but an event. It pays for its answers from its own balance of the coordinator's asset,
/// one line of each player in a while.
contract GameCharacter is InferenceConsumer {
    event Said(bytes32 indexed jobId, address indexed player, string line);
    event Replied(
        bytes32 indexed jobId, address indexed player, string reply, bytes32 receiptDigest
    );

    error LineLengthOutOfRange(uint256 length, uint256 maximum);
    error SpokeTooSoon(address player, uint256 nextAt);

    uint256 public constant LINE_LENGTH_MAX = 280;
    uint32 public constant PAUSE = 30 seconds;
    uint32 private constant REPLY_TOKENS_MAX = 48;
    uint32 private constant CALLBACK_GAS = 400_000;

    bytes32 public immutable modelId;
    /// @notice The model's name at the gateway.
    string public model;
    /// @notice Who the character is, as the model is told.
    string public persona;

    string public lastReply;
    mapping(address player => uint256 timestampS) public spokeAt;
    mapping(bytes32 jobId => address) public playerOf;

    constructor(
        IInferenceCoordinator coordinator_,
        address gateway_,
        bytes32 modelId_,
        string memory model_,
        string memory persona_
    ) InferenceConsumer(coordinator_, gateway_) {
        modelId = modelId_;
        model = model_;
        persona = persona_;
    }

    /// @notice Says a line to the character. Bytes of UTF-8.
    function say(string calldata line) external returns (bytes32 jobId) {
        uint256 length = bytes(line).length;
        if (length == 0 || length > LINE_LENGTH_MAX) {
            revert LineLengthOutOfRange(length, LINE_LENGTH_MAX);
        }
        uint256 nextAt = spokeAt[msg.sender] + PAUSE;
        if (block.timestamp < nextAt) revert SpokeTooSoon(msg.sender, nextAt);
        spokeAt[msg.sender] = block.timestamp;
        bytes memory input = ChatInput.chat(model, persona, line, REPLY_TOKENS_MAX);
        jobId = _ask(modelId, input, REPLY_TOKENS_MAX, CALLBACK_GAS);
        playerOf[jobId] = msg.sender;
        emit Said(jobId, msg.sender, line);
    }

    function _onAnswer(bytes32 jobId, bytes calldata content, bytes32 receiptDigest)
        internal
        override
    {
        lastReply = string(content);
        emit Replied(jobId, playerOf[jobId], lastReply, receiptDigest);
    }
}
