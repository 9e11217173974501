// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bn254} from "../libraries/Bn254.sol";
import {DevelopmentSetup} from "../libraries/DevelopmentSetup.sol";
import {Groth16Runtime} from "./Groth16Runtime.sol";

/// @title Groth16Verifier
/// @notice Puts a verifier of one verification key on a chain, if the key is one that can be meant
/// seriously. What then stands at the address is `Groth16Runtime` and the key; see `IGroth16Verifier`.
/// @dev A key with a dummy in it accepts forgeries: deltas that are the generator since nobody
/// contributed, two of the three points that a forger can play off against each other, an input that
/// is multiplied by nothing. A key is not sound because it passes here; it is unsound if it does not.
contract Groth16Verifier {
    error KeyLengthWrong(uint256 length);
    /// @notice Word `place` of the key begins a point that is none, or the point at infinity.
    error PointInvalid(uint256 place);
    /// @notice The points that begin at these words are one and the same, or each other's negation.
    error PointsRelated(uint256 first, uint256 second);
    /// @notice The point that begins at this word is the generator, or its negation.
    error PointIsGenerator(uint256 place);

    uint256 private constant ALPHA = 0;
    uint256 private constant BETA = 2;
    uint256 private constant GAMMA = 6;
    uint256 private constant DELTA = 10;
    uint256 private constant FIRST_IC = 14;

    /// @param key As `IGroth16Verifier.verificationKey` gives it back.
    constructor(bytes memory key) {
        uint256 words = key.length / 32;
        if (key.length % 32 != 0 || words < FIRST_IC + 2 || words % 2 != 0) {
            revert KeyLengthWrong(key.length);
        }
        uint256 alphaX = _word(key, ALPHA);
        if (alphaX == DevelopmentSetup.ALPHA_X) DevelopmentSetup.requireDevelopmentChain();
        _requirePoint(key, ALPHA);
        if (alphaX == Bn254.G1_X) revert PointIsGenerator(ALPHA);
        _requireIndependent(key);
        _requireSeparateInputs(key, words);

        bytes memory code =
            abi.encodePacked(type(Groth16Runtime).runtimeCode, key, (words - FIRST_IC) / 2 - 1);
        assembly ("memory-safe") {
            return(add(code, 0x20), mload(code))
        }
    }

    /// @dev snarkjs leaves gamma at the generator, which is sound as long as delta is not.
    function _requireIndependent(bytes memory key) private view {
        _requirePointOfG2(key, BETA);
        _requirePointOfG2(key, GAMMA);
        _requirePointOfG2(key, DELTA);
        if (_isSameX2(key, BETA, GAMMA)) revert PointsRelated(BETA, GAMMA);
        if (_isSameX2(key, BETA, DELTA)) revert PointsRelated(BETA, DELTA);
        if (_isSameX2(key, GAMMA, DELTA)) revert PointsRelated(GAMMA, DELTA);
        if (_word(key, BETA) == Bn254.G2_X_IMAGINARY) revert PointIsGenerator(BETA);
        if (_word(key, DELTA) == Bn254.G2_X_IMAGINARY) revert PointIsGenerator(DELTA);
    }

    /// @dev Inputs with one point between them could be traded for each other.
    function _requireSeparateInputs(bytes memory key, uint256 words) private view {
        for (uint256 place = FIRST_IC; place < words; place += 2) {
            _requirePoint(key, place);
            uint256 x = _word(key, place);
            for (uint256 other = FIRST_IC; other < place; other += 2) {
                if (_word(key, other) == x) revert PointsRelated(other, place);
            }
        }
    }

    function _requirePoint(bytes memory key, uint256 place) private view {
        if (!Bn254.isPoint(_word(key, place), _word(key, place + 1))) revert PointInvalid(place);
    }

    function _requirePointOfG2(bytes memory key, uint256 place) private view {
        if (!Bn254.isPointOfG2(
                [
                    _word(key, place),
                    _word(key, place + 1),
                    _word(key, place + 2),
                    _word(key, place + 3)
                ]
            )) revert PointInvalid(place);
    }

    function _isSameX2(bytes memory key, uint256 first, uint256 second)
        private
        pure
        returns (bool)
    {
        return _word(key, first) == _word(key, second)
            && _word(key, first + 1) == _word(key, second + 1);
    }

    /// @param place Below `key.length / 32`.
    function _word(bytes memory key, uint256 place) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(key, 0x20), shl(5, place)))
        }
    }
}
