// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DevUSD} from "../../src/dev/DevUSD.sol";
import {IDepositCollector} from "../../src/interfaces/IDepositCollector.sol";
import {ChannelConfig} from "../../src/types/ChannelConfig.sol";

/// @notice A token that calls somebody in the middle of a transfer.
contract CallingToken is DevUSD {
    address private _target;
    bytes private _call;
    bool public succeeded;
    bytes public answer;

    function arm(address target, bytes calldata call) external {
        _target = target;
        _call = call;
    }

    function _beforeTokenTransfer(address, address, uint256) internal override {
        if (_target == address(0)) return;
        address target = _target;
        _target = address(0);
        (succeeded, answer) = target.call(_call);
    }
}

/// @notice A token that keeps one unit of each transfer.
contract FeeToken is DevUSD {
    function _afterTokenTransfer(address from, address to, uint256 amount) internal override {
        if (from != address(0) && to != address(0) && amount > 0) _burn(to, 1);
    }
}

/// @notice A collector that brings what it is told to, whatever was asked for.
contract ShortCollector is IDepositCollector {
    uint256 private immutable _brought;

    constructor(uint256 brought) {
        _brought = brought;
    }

    function collect(ChannelConfig calldata config, uint128, bytes calldata) external {
        DevUSD(config.token).mint(msg.sender, _brought);
    }
}

/// @notice A collector that tries to deposit a second time while it is asked to collect.
contract ReentrantCollector is IDepositCollector {
    bytes private _call;
    bool public succeeded;
    bytes public answer;

    function arm(bytes calldata call) external {
        _call = call;
    }

    function collect(ChannelConfig calldata config, uint128 amount, bytes calldata) external {
        (succeeded, answer) = msg.sender.call(_call);
        DevUSD(config.token).mint(msg.sender, amount);
    }
}
