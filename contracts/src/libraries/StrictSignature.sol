// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "solady/utils/ECDSA.sol";
import {LibBytes} from "solady/utils/LibBytes.sol";
import {LibCall} from "solady/utils/LibCall.sol";
import {IERC1271} from "../interfaces/IERC1271.sol";

/// @title StrictSignature
/// @notice One verdict on signatures for every contract here: exactly one encoding of an ECDSA
/// signature is valid, and nothing that a signer does can revert the caller.
/// @dev Valid ECDSA: 65 bytes `r ‖ s ‖ v`, `s` in the lower half of the order, `v` 27 or 28 (the
/// precompile recovers nobody for any other, so that is not checked here once more). The off-chain parser in `src/chain/signatures.ts` gives the same verdicts; a property test holds the
/// two together.
library StrictSignature {
    /// @dev Half the order of secp256k1: of the two valid `s` only the lower one is accepted.
    uint256 internal constant MAX_S =
        0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    uint256 internal constant ECDSA_LENGTH = 65;

    /// @dev Enough for a passkey wallet that computes P-256 in Solidity, and little enough that a
    /// wallet which burns it all leaves the rest of a batch to go on.
    uint256 internal constant ERC1271_GAS = 400_000;

    /// @notice The signer of `digest`, or zero when `signature` is not a valid ECDSA signature.
    function recover(bytes32 digest, bytes calldata signature) internal view returns (address) {
        if (signature.length != ECDSA_LENGTH) return address(0);
        // Not by a slice: the length is known, and would be checked once more.
        bytes32 s = LibBytes.loadCalldata(signature, 32);
        if (uint256(s) > MAX_S) return address(0);
        return ECDSA.tryRecoverCalldata(digest, signature);
    }

    /// @notice As above, for a signature that comes in parts.
    function recover(bytes32 digest, uint8 v, bytes32 r, bytes32 s)
        internal
        view
        returns (address)
    {
        if (uint256(s) > MAX_S) return address(0);
        return ECDSA.tryRecover(digest, v, r, s);
    }

    /// @notice Whether `signer` signed `digest`: by ECDSA if it has no code, else by ERC-1271.
    function isValid(address signer, bytes32 digest, bytes calldata signature)
        internal
        view
        returns (bool)
    {
        if (signer.code.length != 0) return isValidErc1271(signer, digest, signature);
        return signer != address(0) && recover(digest, signature) == signer;
    }

    /// @notice Whether the contract `signer` accepts `signature`. False if it reverts, returns
    /// anything but the magic value, or spends more than `ERC1271_GAS`.
    function isValidErc1271(address signer, bytes32 digest, bytes calldata signature)
        internal
        view
        returns (bool)
    {
        // At most one word is copied back: the wallet cannot make the caller pay for memory.
        (bool success, bool exceeded, bytes memory answer) = LibCall.tryStaticCall(
            signer, ERC1271_GAS, 32, abi.encodeCall(IERC1271.isValidSignature, (digest, signature))
        );
        return success && !exceeded && answer.length == 32
            && abi.decode(answer, (bytes32)) == bytes32(IERC1271.isValidSignature.selector);
    }
}
