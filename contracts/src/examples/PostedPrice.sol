// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPriceFeed} from "./VolatilityFund.sol";

/// @title PostedPrice
/// @notice A price that its poster says. For trying examples; a real fund reads a market.
contract PostedPrice is IPriceFeed {
    event PricePosted(uint128 price);

    error SenderNotPoster(address sender, address poster);
    error PriceIsZero();

    address public immutable poster;
    uint128 public latestPrice;

    constructor(uint128 price) {
        poster = msg.sender;
        _post(price);
    }

    function post(uint128 price) external {
        if (msg.sender != poster) revert SenderNotPoster(msg.sender, poster);
        _post(price);
    }

    function _post(uint128 price) private {
        if (price == 0) revert PriceIsZero();
        latestPrice = price;
        emit PricePosted(price);
    }
}
