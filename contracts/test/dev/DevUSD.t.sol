// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DevUSD} from "../../src/dev/DevUSD.sol";
import {OwnedWallet} from "../hostile/Wallets.sol";
import {signatureOf, vm} from "../support/Vm.sol";

contract DevUSDTest {
    uint256 private constant KEY = 0xA11CE;

    DevUSD private _token;
    address private _from = vm.addr(KEY);
    address private _to = address(0xB0B);

    function setUp() public {
        vm.warp(1_800_000_000);
        _token = new DevUSD();
        _token.mint(_from, 100e6);
    }

    function test_it_lives_on_development_chains_only(uint64 chainId) public {
        vm.chainId(1337);
        new DevUSD();
        if (chainId == 0 || chainId == 1337 || chainId == 31337) return;
        vm.chainId(chainId);
        vm.expectRevert(
            abi.encodeWithSelector(DevUSD.NotADevelopmentChain.selector, uint256(chainId))
        );
        new DevUSD();
    }

    function test_it_says_what_its_domain_is_made_of() public view {
        vm.assertEq(_token.name(), "Dev USD");
        vm.assertEq(_token.symbol(), "devUSD");
        vm.assertEq(_token.version(), "1");
        vm.assertEq(_token.decimals(), 6);
        vm.assertEq(
            _token.DOMAIN_SEPARATOR(),
            keccak256(
                abi.encode(
                    keccak256(
                        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                    ),
                    keccak256("Dev USD"),
                    keccak256("1"),
                    block.chainid,
                    address(_token)
                )
            )
        );
    }

    function test_transferWithAuthorization_in_both_forms() public {
        bytes32 typeHash = _token.TRANSFER_WITH_AUTHORIZATION_TYPEHASH();
        bytes memory signature = _sign(typeHash, 10e6, "1", KEY);
        _token.transferWithAuthorization(_from, _to, 10e6, 0, type(uint256).max, "1", signature);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, _digest(typeHash, 5e6, "2"));
        _token.transferWithAuthorization(_from, _to, 5e6, 0, type(uint256).max, "2", v, r, s);
        vm.assertEq(_token.balanceOf(_to), 15e6);
        vm.assertTrue(_token.authorizationState(_from, "1"));
        vm.expectRevert(
            abi.encodeWithSelector(DevUSD.AuthorizationUsedOrCanceled.selector, _from, bytes32("1"))
        );
        _token.transferWithAuthorization(_from, _to, 10e6, 0, type(uint256).max, "1", signature);
    }

    function test_receiveWithAuthorization_is_for_the_payee_in_both_forms() public {
        bytes32 typeHash = _token.RECEIVE_WITH_AUTHORIZATION_TYPEHASH();
        bytes memory signature = _sign(typeHash, 10e6, "1", KEY);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, _digest(typeHash, 5e6, "2"));
        bytes memory refused =
            abi.encodeWithSelector(DevUSD.CallerNotPayee.selector, address(this), _to);
        vm.expectRevert(refused);
        _token.receiveWithAuthorization(_from, _to, 10e6, 0, type(uint256).max, "1", signature);
        vm.expectRevert(refused);
        _token.receiveWithAuthorization(_from, _to, 5e6, 0, type(uint256).max, "2", v, r, s);
        vm.startPrank(_to);
        _token.receiveWithAuthorization(_from, _to, 10e6, 0, type(uint256).max, "1", signature);
        _token.receiveWithAuthorization(_from, _to, 5e6, 0, type(uint256).max, "2", v, r, s);
        vm.stopPrank();
        vm.assertEq(_token.balanceOf(_to), 15e6);
    }

    function test_an_authorization_of_one_kind_is_none_of_the_other() public {
        bytes32 typeHash = _token.TRANSFER_WITH_AUTHORIZATION_TYPEHASH();
        bytes memory signature = _sign(typeHash, 10e6, "1", KEY);
        vm.expectRevert(
            abi.encodeWithSelector(
                DevUSD.AuthorizationSignatureInvalid.selector,
                _from,
                _digest(_token.RECEIVE_WITH_AUTHORIZATION_TYPEHASH(), 10e6, "1")
            )
        );
        vm.prank(_to);
        _token.receiveWithAuthorization(_from, _to, 10e6, 0, type(uint256).max, "1", signature);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY + 1, _digest(typeHash, 5e6, "2"));
        vm.expectRevert(
            abi.encodeWithSelector(
                DevUSD.AuthorizationSignatureInvalid.selector, _from, _digest(typeHash, 5e6, "2")
            )
        );
        _token.transferWithAuthorization(_from, _to, 5e6, 0, type(uint256).max, "2", v, r, s);
    }

    function test_the_window_is_open_on_both_sides() public {
        uint256 nowS = block.timestamp;
        vm.expectRevert(
            abi.encodeWithSelector(DevUSD.AuthorizationNotYetValid.selector, nowS, nowS)
        );
        _token.transferWithAuthorization(_from, _to, 1, nowS, nowS + 1, "1", "");
        vm.expectRevert(abi.encodeWithSelector(DevUSD.AuthorizationExpired.selector, nowS, nowS));
        _token.transferWithAuthorization(_from, _to, 1, nowS - 1, nowS, "1", "");
    }

    function test_a_cancelled_authorization_is_used_up() public {
        bytes32 cancel = keccak256(
            abi.encodePacked(
                hex"1901",
                _token.DOMAIN_SEPARATOR(),
                keccak256(abi.encode(_token.CANCEL_AUTHORIZATION_TYPEHASH(), _from, bytes32("1")))
            )
        );
        bytes memory foreign = signatureOf(KEY + 1, cancel);
        vm.expectRevert(
            abi.encodeWithSelector(DevUSD.AuthorizationSignatureInvalid.selector, _from, cancel)
        );
        _token.cancelAuthorization(_from, "1", foreign);
        _token.cancelAuthorization(_from, "1", signatureOf(KEY, cancel));
        bytes memory signature =
            _sign(_token.TRANSFER_WITH_AUTHORIZATION_TYPEHASH(), 10e6, "1", KEY);
        vm.expectRevert(
            abi.encodeWithSelector(DevUSD.AuthorizationUsedOrCanceled.selector, _from, bytes32("1"))
        );
        _token.transferWithAuthorization(_from, _to, 10e6, 0, type(uint256).max, "1", signature);
    }

    function test_contract_wallets_authorize_by_erc1271() public {
        _from = address(new OwnedWallet(vm.addr(KEY)));
        _token.mint(_from, 10e6);
        bytes memory signature =
            _sign(_token.TRANSFER_WITH_AUTHORIZATION_TYPEHASH(), 10e6, "1", KEY);
        _token.transferWithAuthorization(_from, _to, 10e6, 0, type(uint256).max, "1", signature);
        vm.assertEq(_token.balanceOf(_to), 10e6);
    }

    function test_permit2_has_no_standing_allowance() public view {
        vm.assertEq(_token.allowance(_from, 0x000000000022D473030F116dDEE9F6B43aC78BA3), 0);
    }

    function _sign(bytes32 typeHash, uint256 value, bytes32 nonce, uint256 key)
        private
        view
        returns (bytes memory)
    {
        return signatureOf(key, _digest(typeHash, value, nonce));
    }

    function _digest(bytes32 typeHash, uint256 value, bytes32 nonce)
        private
        view
        returns (bytes32)
    {
        return keccak256(
            abi.encodePacked(
                hex"1901",
                _token.DOMAIN_SEPARATOR(),
                keccak256(abi.encode(typeHash, _from, _to, value, 0, type(uint256).max, nonce))
            )
        );
    }
}
