// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "../../src/interfaces/IERC1271.sol";
import {StrictSignature} from "../../src/libraries/StrictSignature.sol";

/// @notice A well-behaved contract wallet: it accepts its owner's signatures.
contract OwnedWallet is IERC1271 {
    address private immutable _owner;

    constructor(address owner) {
        _owner = owner;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature)
        external
        view
        returns (bytes4)
    {
        return StrictSignature.recover(digest, signature) == _owner
            ? IERC1271.isValidSignature.selector
            : bytes4(0);
    }
}

/// @notice Wallets that answer in every way but the right one.
contract HostileWallet {
    enum Manner {
        Revert,
        BurnGas,
        ReturnBomb,
        ReturnNothing,
        ReturnShort,
        ReturnDirty
    }

    Manner private immutable _manner;

    constructor(Manner manner) {
        _manner = manner;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        if (_manner == Manner.Revert) revert("no");
        if (_manner == Manner.BurnGas) {
            uint256 i = 0;
            while (true) ++i;
        }
        if (_manner == Manner.ReturnBomb) return new bytes(100_000);
        if (_manner == Manner.ReturnNothing) return "";
        if (_manner == Manner.ReturnShort) return abi.encodePacked(bytes4(0x1626ba7e));
        // The magic value with a stray bit behind it.
        return abi.encode(bytes32(bytes4(0x1626ba7e)) | bytes32(uint256(1)));
    }
}
