// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChannelSettlement} from "../../src/ChannelSettlement.sol";
import {Permit2Collector} from "../../src/collectors/Permit2Collector.sol";
import {DevUSD} from "../../src/dev/DevUSD.sol";
import {IPermit2} from "../../src/interfaces/IPermit2.sol";
import {ChannelConfig} from "../../src/types/ChannelConfig.sol";
import {ChannelFixture} from "../support/ChannelFixture.sol";
import {SignatureTransfer} from "../support/SignatureTransfer.sol";
import {signatureOf, vm} from "../support/Vm.sol";

contract CollectorsTest is ChannelFixture {
    Permit2Collector private _collector;
    SignatureTransfer private _permit2;

    function setUp() public {
        setUpChannels();
        _collector = new Permit2Collector();
        _permit2 = SignatureTransfer(address(_collector.PERMIT2()));
        vm.etch(address(_permit2), address(new SignatureTransfer()).code);
    }

    // ERC-3009

    function test_an_authorization_goes_only_where_it_was_signed_for() public {
        ChannelConfig memory config = configOf(1);
        bytes memory data = depositData(config, 5e6, PAYER_KEY);
        // A thief cannot collect to itself: the channel's id under the caller is another one.
        vm.expectRevert();
        vm.prank(stranger);
        collector.collect(config, 5e6, data);
        // Nor into a channel of its own making, here or in another settlement contract.
        ChannelConfig memory own = configOf(1);
        own.payerAuthorizer = stranger;
        vm.expectRevert();
        settlement.deposit(own, 5e6, address(collector), data);
        ChannelSettlement other = new ChannelSettlement();
        vm.expectRevert();
        other.deposit(config, 5e6, address(collector), data);
        // Nor for another amount.
        vm.expectRevert();
        settlement.deposit(config, 4e6, address(collector), data);
        settlement.deposit(config, 5e6, address(collector), data);
        vm.assertEq(balanceOf(idOf(config)), 5e6);
        vm.expectRevert();
        settlement.deposit(config, 5e6, address(collector), data);
    }

    function test_the_payer_must_have_signed() public {
        bytes memory data = depositData(configOf(1), 5e6, STRANGER_KEY);
        vm.expectPartialRevert(DevUSD.AuthorizationSignatureInvalid.selector);
        settlement.deposit(configOf(1), 5e6, address(collector), data);
    }

    // Permit2

    function test_a_permit2_signature_with_the_channel_as_witness_funds_it() public {
        vm.prank(payer);
        token.approve(address(_permit2), type(uint256).max);
        _depositByPermit2(configOf(1), 5e6, "");
        vm.assertEq(balanceOf(idOf(configOf(1))), 5e6);
    }

    function test_an_eip2612_permit_can_come_along_and_may_have_been_used_before() public {
        bytes memory permit = _permit(5e6);
        _depositByPermit2(configOf(1), 5e6, permit);
        vm.assertEq(balanceOf(idOf(configOf(1))), 5e6);
        // The same permit again fails inside, and the allowance that is left decides.
        vm.prank(payer);
        token.approve(address(_permit2), 5e6);
        _depositByPermit2(configOf(2), 5e6, permit);
        vm.assertEq(balanceOf(idOf(configOf(2))), 5e6);
    }

    function test_a_permit2_witness_binds_channel_and_settlement() public {
        vm.prank(payer);
        token.approve(address(_permit2), type(uint256).max);
        bytes memory data = _permit2Data(configOf(1), 5e6, "");
        ChannelConfig memory own = configOf(1);
        own.payerAuthorizer = stranger;
        vm.expectRevert(SignatureTransfer.InvalidSigner.selector);
        settlement.deposit(own, 5e6, address(_collector), data);
        vm.expectRevert(SignatureTransfer.InvalidSigner.selector);
        vm.prank(stranger);
        _collector.collect(configOf(1), 5e6, data);
        settlement.deposit(configOf(1), 5e6, address(_collector), data);
        vm.assertEq(balanceOf(idOf(configOf(1))), 5e6);
    }

    function _depositByPermit2(ChannelConfig memory config, uint128 amount, bytes memory permit)
        private
    {
        bytes memory data = _permit2Data(config, amount, permit);
        settlement.deposit(config, amount, address(_collector), data);
    }

    function _permit2Data(ChannelConfig memory config, uint128 amount, bytes memory permit)
        private
        view
        returns (bytes memory)
    {
        uint256 nonce = uint256(config.salt);
        bytes32 witness = keccak256(abi.encode(_collector.DEPOSIT_WITNESS_TYPEHASH(), idOf(config)));
        bytes32 digest = _permit2.digestOf(
            IPermit2.PermitTransferFrom(
                IPermit2.TokenPermissions(address(token), amount), nonce, type(uint256).max
            ),
            address(_collector),
            witness,
            _collector.WITNESS_TYPE_STRING()
        );
        return abi.encode(nonce, type(uint256).max, signatureOf(PAYER_KEY, digest), permit);
    }

    function _permit(uint256 value) private view returns (bytes memory) {
        bytes32 digest = keccak256(
            abi.encodePacked(
                hex"1901",
                token.DOMAIN_SEPARATOR(),
                keccak256(
                    abi.encode(
                        keccak256(
                            "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
                        ),
                        payer,
                        address(_permit2),
                        value,
                        token.nonces(payer),
                        type(uint256).max
                    )
                )
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PAYER_KEY, digest);
        return abi.encode(value, type(uint256).max, v, r, s);
    }
}
