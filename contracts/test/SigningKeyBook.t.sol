// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISigningKeyBook} from "../src/interfaces/ISigningKeyBook.sol";
import {KeyEpoch, keyIdOf} from "../src/types/KeyEpoch.sol";
import {ReceiptFixture} from "./support/ReceiptFixture.sol";
import {vm} from "./support/Vm.sol";

contract SigningKeyBookTest is ReceiptFixture {
    address private _key = vm.addr(OTHER_KEY);
    ISigningKeyBook private _book;

    function setUp() public {
        setUpReceipts();
        _book = contributors;
    }

    function test_both_registries_name_one_book() public view {
        vm.assertEq(address(contributors.keyBook()), address(contributors));
        vm.assertEq(address(gateways.keyBook()), address(contributors));
        vm.assertEq(address(verifier.keyBook()), address(contributors));
    }

    function test_the_book_says_of_a_key_what_its_registry_says() public {
        bytes32 keyId = keyIdOf(address(gateways), gateway, vm.addr(GATEWAY_KEY));
        _assertEpoch(keyId, START_S, 0);
        vm.warp(START_S + 50);
        vm.prank(gateway);
        gateways.revokeSigningKey(vm.addr(GATEWAY_KEY));
        _assertEpoch(keyId, START_S, START_S + 50);
        (uint64 activeFrom, uint64 revokedAt) = gateways.signingKeys(gateway, vm.addr(GATEWAY_KEY));
        vm.assertEq(activeFrom, START_S);
        vm.assertEq(revokedAt, START_S + 50);
        vm.assertFalse(_book.isKeyActiveAt(keyId, START_S - 1));
        vm.assertTrue(_book.isKeyActiveAt(keyId, START_S + 49));
        vm.assertFalse(_book.isKeyActiveAt(keyId, START_S + 50));
    }

    function test_one_address_has_other_keys_as_gateway_and_as_contributor() public {
        vm.prank(contributor);
        contributors.addSigningKey(_key, START_S);
        register(gateways, contributor, CONTRIBUTOR_KEY);
        vm.assertTrue(contributors.signingKeyActiveAt(contributor, _key, START_S));
        vm.assertFalse(gateways.signingKeyActiveAt(contributor, _key, START_S));
        vm.prank(contributor);
        contributors.revokeSigningKey(vm.addr(CONTRIBUTOR_KEY));
        vm.assertTrue(gateways.signingKeyActiveAt(contributor, vm.addr(CONTRIBUTOR_KEY), START_S));
    }

    /// @dev Whoever writes writes under its own name: neither a new key nor the end of one reaches a
    /// registry's pages.
    function test_strangers_write_only_to_pages_of_their_own(address stranger) public {
        vm.assume(stranger != address(contributors) && stranger != address(gateways));
        vm.startPrank(stranger);
        _book.setKeyEpoch(gateway, _key, KeyEpoch(START_S, 0));
        _book.setKeyEpoch(contributor, _key, KeyEpoch(START_S, 0));
        _book.setKeyEpoch(gateway, vm.addr(GATEWAY_KEY), KeyEpoch(START_S, START_S));
        _book.setKeyEpoch(contributor, vm.addr(CONTRIBUTOR_KEY), KeyEpoch(START_S, START_S));
        vm.stopPrank();
        vm.assertTrue(_book.isKeyActiveAt(keyIdOf(stranger, gateway, _key), START_S));
        vm.assertFalse(gateways.signingKeyActiveAt(gateway, _key, START_S));
        vm.assertFalse(contributors.signingKeyActiveAt(contributor, _key, START_S));
        vm.assertTrue(isValid(receiptOf(1)));
    }

    function test_both_keys_must_be_active() public {
        bytes32 first = keyIdOf(address(gateways), gateway, vm.addr(GATEWAY_KEY));
        bytes32 second = keyIdOf(address(contributors), contributor, vm.addr(CONTRIBUTOR_KEY));
        vm.assertTrue(_book.areKeysActiveAt(first, second, START_S));
        vm.assertFalse(_book.areKeysActiveAt(first, second, START_S - 1));
        vm.assertFalse(_book.areKeysActiveAt(first, keccak256("unknown"), START_S));
        vm.assertFalse(_book.areKeysActiveAt(keccak256("unknown"), second, START_S));
        vm.warp(START_S + 1);
        vm.prank(contributor);
        contributors.revokeSigningKey(vm.addr(CONTRIBUTOR_KEY));
        vm.assertFalse(_book.areKeysActiveAt(first, second, START_S + 1));
        vm.assertFalse(_book.areKeysActiveAt(second, first, START_S + 1));
    }

    function _assertEpoch(bytes32 keyId, uint64 from, uint64 until) private view {
        (uint64 activeFrom, uint64 revokedAt) = _book.keyEpochs(keyId);
        vm.assertEq(activeFrom, from);
        vm.assertEq(revokedAt, until);
    }
}
