// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {StrictSignature} from "../../src/libraries/StrictSignature.sol";
import {HostileWallet, OwnedWallet} from "../hostile/Wallets.sol";
import {signatureOf, vm} from "../support/Vm.sol";

contract StrictSignatureTest {
    uint256 private constant ORDER = 2 * StrictSignature.MAX_S + 1;

    function recover(bytes32 digest, bytes calldata signature) external view returns (address) {
        return StrictSignature.recover(digest, signature);
    }

    function recoverParts(bytes32 digest, uint8 v, bytes32 r, bytes32 s)
        external
        view
        returns (address)
    {
        return StrictSignature.recover(digest, v, r, s);
    }

    function isValid(address signer, bytes32 digest, bytes calldata signature)
        external
        view
        returns (bool)
    {
        return StrictSignature.isValid(signer, digest, signature);
    }

    function test_the_one_canonical_form_recovers_its_signer(uint256 key, bytes32 digest)
        public
        view
    {
        key = _key(key);
        bytes memory signature = signatureOf(key, digest);
        vm.assertEq(this.recover(digest, signature), vm.addr(key));
        vm.assertTrue(this.isValid(vm.addr(key), digest, signature));
    }

    function test_every_other_form_recovers_nobody(uint256 key, bytes32 digest, uint8 v)
        public
        view
    {
        key = _key(key);
        bytes memory signature = signatureOf(key, digest);
        (bytes32 r, bytes32 s) = abi.decode(signature, (bytes32, bytes32));
        uint8 goodV = uint8(signature[64]);
        uint256 highS = ORDER - uint256(s);
        if (v != 27 && v != 28) _assertNobody(digest, abi.encodePacked(r, s, v));
        _assertNobody(digest, abi.encodePacked(r, highS, goodV == 27 ? 28 : 27));
        _assertNobody(digest, abi.encodePacked(r, s));
        _assertNobody(digest, abi.encodePacked(signature, uint8(27)));
        _assertNobody(digest, "");
        _assertNobody(digest, abi.encodePacked(bytes32(0), s, goodV));
        _assertNobody(digest, abi.encodePacked(r, bytes32(0), goodV));
    }

    function test_parts_are_judged_as_the_whole(uint256 key, bytes32 digest, uint8 v) public view {
        key = _key(key);
        (uint8 goodV, bytes32 r, bytes32 s) = vm.sign(key, digest);
        vm.assertEq(this.recoverParts(digest, goodV, r, s), vm.addr(key));
        if (v != 27 && v != 28) vm.assertEq(this.recoverParts(digest, v, r, s), address(0));
        bytes32 highS = bytes32(ORDER - uint256(s));
        vm.assertEq(this.recoverParts(digest, goodV == 27 ? 28 : 27, r, highS), address(0));
    }

    function test_the_highest_low_s_is_accepted_and_the_next_is_not() public view {
        // Whether they recover to anyone is up to r; what matters is that s alone does not refuse it.
        bytes32 r = bytes32(uint256(1));
        bytes32 digest = keccak256("digest");
        vm.assertTrue(
            this.recover(digest, abi.encodePacked(r, StrictSignature.MAX_S, uint8(27)))
                != address(0)
        );
        _assertNobody(digest, abi.encodePacked(r, StrictSignature.MAX_S + 1, uint8(27)));
    }

    function test_the_zero_address_signs_nothing(bytes32 digest, bytes calldata signature)
        public
        view
    {
        vm.assertFalse(this.isValid(address(0), digest, signature));
    }

    function test_arbitrary_bytes_never_revert(
        address signer,
        bytes32 digest,
        bytes calldata signature
    ) public view {
        vm.assertFalse(this.isValid(signer, digest, signature));
    }

    function test_a_contract_signs_by_erc1271_only() public {
        bytes32 digest = keccak256("digest");
        address wallet = address(new OwnedWallet(vm.addr(1)));
        vm.assertTrue(this.isValid(wallet, digest, signatureOf(1, digest)));
        vm.assertFalse(this.isValid(wallet, digest, signatureOf(2, digest)));
        // Once there is code at an address, the key behind it signs no more.
        vm.etch(vm.addr(2), wallet.code);
        vm.assertFalse(this.isValid(vm.addr(2), digest, signatureOf(2, digest)));
    }

    function test_no_wallet_can_revert_or_starve_the_caller() public {
        for (uint256 i = 0; i <= uint256(type(HostileWallet.Manner).max); ++i) {
            address wallet = address(new HostileWallet(HostileWallet.Manner(i)));
            uint256 before = gasleft();
            vm.assertFalse(this.isValid(wallet, keccak256("digest"), ""));
            vm.assertLe(before - gasleft(), StrictSignature.ERC1271_GAS + 50_000);
        }
    }

    function _assertNobody(bytes32 digest, bytes memory signature) private view {
        vm.assertEq(this.recover(digest, signature), address(0));
    }

    function _key(uint256 seed) private pure returns (uint256) {
        return 1 + seed % (ORDER - 1);
    }
}
