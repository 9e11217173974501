// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEzklVerifier, IProofVerifier} from "../../src/interfaces/IProofVerifier.sol";

/// @notice Takes a proof that is the hash of what it was asked: wrong inputs, of another order or number, fail.
contract TaggedVerifier is IProofVerifier, IEzklVerifier {
    bytes32 public immutable tag;

    constructor(bytes32 tag_) {
        tag = tag_;
    }

    function verify(bytes calldata proof, bytes32[] calldata publicInputs)
        external
        view
        returns (bool)
    {
        return keccak256(proof) == keccak256(abi.encode(tag, publicInputs));
    }

    function verifyProof(bytes calldata proof, uint256[] calldata instances)
        external
        view
        returns (bool)
    {
        return keccak256(proof) == keccak256(abi.encode(tag, instances));
    }
}

/// @notice Says yes to everything.
contract YesVerifier is IProofVerifier {
    function verify(bytes calldata, bytes32[] calldata) external pure returns (bool) {
        return true;
    }
}

/// @notice The same code as another one of its kind, and another opinion: it reads storage.
contract FlagVerifier is IProofVerifier {
    bool public answer;

    function setAnswer(bool answer_) external {
        answer = answer_;
    }

    function verify(bytes calldata, bytes32[] calldata) external view returns (bool) {
        return answer;
    }
}

/// @notice Answers by the bytes of the proof as badly as it can.
contract RudeVerifier is IProofVerifier {
    function verify(bytes calldata proof, bytes32[] calldata) external view returns (bool) {
        uint8 manner = uint8(proof[0]);
        if (manner == 0) revert("no");
        if (manner == 1) while (gasleft() > 0) {}
        if (manner == 2) _answer(2, 32);
        if (manner == 3) _answer(1, 31);
        if (manner == 4) _answer(1, 64);
        if (manner == 5) _answer(1, 1_000_000);
        if (manner == 6) _answer(1, 0);
        return true;
    }

    function _answer(uint256 word, uint256 length) private pure {
        assembly {
            mstore(0x00, word)
            return(0x00, length)
        }
    }
}

/// @notice A proxy: what it says is somebody else's to change, its own code stays the same.
contract ProxyVerifier {
    address public target;

    constructor(address target_) {
        target = target_;
    }

    function setTarget(address target_) external {
        target = target_;
    }

    fallback() external {
        (, bytes memory answer) = target.delegatecall(msg.data);
        assembly {
            return(add(answer, 0x20), mload(answer))
        }
    }
}
