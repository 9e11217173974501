// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.0;

// A stand-in for Ritual's Infernet, written from its public ABI and its documented meaning, for tests that must not depend on a
// repository of somebody else's. One contract is registry, coordinator, inbox, fee and wallet factory; payments are in the chain's own
// coin, and there are no verifiers. The genuine contracts were run by hand: docs/infernet.md.

struct Subscription {
    address owner;
    uint32 activeAt;
    uint32 period;
    uint32 frequency;
    uint16 redundancy;
    bytes32 containerId;
    bool lazy;
    address payable verifier;
    uint256 paymentAmount;
    address paymentToken;
    address payable wallet;
}

interface InfernetConsumer {
    function rawReceiveCompute(
        uint32 subscriptionId,
        uint32 interval,
        uint16 redundancy,
        address node,
        bytes calldata input,
        bytes calldata output,
        bytes calldata proof,
        bytes32 containerId,
        uint256 index
    ) external;
}

contract StandInWallet {
    address private coordinator;
    mapping(address spender => mapping(address token => uint256 amount)) public allowance;

    constructor() {
        coordinator = msg.sender;
    }

    /// @dev Of anybody: whose wallet it is does not matter here.
    function approve(address spender, address token, uint256 amount) external {
        allowance[spender][token] = amount;
    }

    function pay(address spender, address payable to, uint256 amount) external {
        require(msg.sender == coordinator, "not the coordinator");
        require(allowance[spender][address(0)] >= amount, "not allowed");
        allowance[spender][address(0)] -= amount;
        (bool isPaid,) = to.call{value: amount}("");
        require(isPaid, "not paid");
    }

    receive() external payable {}
}

/// @notice 5 %, taken twice, as on the networks where the genuine one is.
contract StandInFee {
    uint16 public constant FEE = 500;

    receive() external payable {}
}

contract StandInInfernet {
    struct InboxItem {
        uint32 timestamp;
        uint32 subscriptionId;
        uint32 interval;
        bytes input;
        bytes output;
        bytes proof;
    }

    event SubscriptionCreated(uint32 indexed id);
    event SubscriptionCancelled(uint32 indexed id);
    event SubscriptionFulfilled(uint32 indexed id, address indexed node);

    error IntervalMismatch();
    error IntervalCompleted();
    error NodeRespondedAlready();
    error SubscriptionNotFound();
    error SubscriptionCompleted();
    error SubscriptionNotActive();
    error InvalidWallet();

    uint32 private subscriptionCount;
    address private fee;
    mapping(uint32 id => Subscription) private subscriptions;
    mapping(bytes32 key => uint16) public redundancyCount;
    mapping(bytes32 key => bool) public nodeResponded;
    mapping(address wallet => bool) public isValidWallet;
    mapping(bytes32 containerId => mapping(address node => InboxItem[])) private items;

    // Registry.
    function COORDINATOR() external view returns (address) {
        return address(this);
    }

    function INBOX() external view returns (address) {
        return address(this);
    }

    function WALLET_FACTORY() external view returns (address) {
        return address(this);
    }

    function FEE() external view returns (address) {
        return fee;
    }

    /// @dev Its code is put in place, so that no constructor runs.
    function setUp() external {
        fee = address(new StandInFee());
    }

    function createWallet() external returns (address wallet) {
        wallet = address(new StandInWallet());
        isValidWallet[wallet] = true;
    }

    function getSubscription(uint32 id) external view returns (Subscription memory) {
        return subscriptions[id];
    }

    function createSubscription(
        string memory containerId,
        uint32 frequency,
        uint32 period,
        uint16 redundancy,
        bool lazy,
        address paymentToken,
        uint256 paymentAmount,
        address wallet,
        address verifier
    ) external returns (uint32 id) {
        id = ++subscriptionCount;
        subscriptions[id] = Subscription({
            owner: msg.sender,
            activeAt: uint32(block.timestamp) + period,
            period: period,
            frequency: frequency,
            redundancy: redundancy,
            containerId: keccak256(abi.encode(containerId)),
            lazy: lazy,
            verifier: payable(verifier),
            paymentAmount: paymentAmount,
            paymentToken: paymentToken,
            wallet: payable(wallet)
        });
        emit SubscriptionCreated(id);
    }

    function cancelSubscription(uint32 id) external {
        require(subscriptions[id].owner == msg.sender, "not the owner");
        subscriptions[id].activeAt = type(uint32).max;
        emit SubscriptionCancelled(id);
    }

    function deliverCompute(
        uint32 id,
        uint32 deliveryInterval,
        bytes calldata input,
        bytes calldata output,
        bytes calldata proof,
        address nodeWallet
    ) external {
        Subscription memory asked = subscriptions[id];
        uint16 delivered = _count(asked, id, deliveryInterval);
        if (asked.paymentAmount > 0) _pay(asked, nodeWallet);
        InboxItem memory item =
            InboxItem(uint32(block.timestamp), id, deliveryInterval, input, output, proof);
        if (asked.lazy) _store(asked, item, delivered);
        else _tell(asked, item, delivered, bytes32(0), 0);
        emit SubscriptionFulfilled(id, msg.sender);
    }

    /// @dev Once for each node and interval, in its interval, as often as the subscription wants.
    function _count(Subscription memory asked, uint32 id, uint32 deliveryInterval)
        private
        returns (uint16 delivered)
    {
        if (asked.owner == address(0)) revert SubscriptionNotFound();
        if (block.timestamp < asked.activeAt) revert SubscriptionNotActive();
        uint32 interval = asked.period == 0
            ? 1
            : (uint32(block.timestamp) - asked.activeAt) / asked.period + 1;
        if (interval != deliveryInterval) revert IntervalMismatch();
        if (interval > asked.frequency) revert SubscriptionCompleted();
        bytes32 key = keccak256(abi.encode(id, interval));
        if (redundancyCount[key] == asked.redundancy) revert IntervalCompleted();
        delivered = ++redundancyCount[key];
        key = keccak256(abi.encode(id, interval, msg.sender));
        if (nodeResponded[key]) revert NodeRespondedAlready();
        nodeResponded[key] = true;
    }

    function _pay(Subscription memory asked, address nodeWallet) private {
        if (!isValidWallet[nodeWallet] || !isValidWallet[asked.wallet]) revert InvalidWallet();
        uint256 share = asked.paymentAmount - asked.paymentAmount * 1_000 / 10_000;
        StandInWallet wallet = StandInWallet(asked.wallet);
        wallet.pay(asked.owner, payable(fee), asked.paymentAmount - share);
        wallet.pay(asked.owner, payable(nodeWallet), share);
    }

    function _store(Subscription memory asked, InboxItem memory item, uint16 delivered) private {
        InboxItem[] storage stored = items[asked.containerId][msg.sender];
        stored.push(item);
        InboxItem memory told = InboxItem(0, item.subscriptionId, item.interval, "", "", "");
        _tell(asked, told, delivered, asked.containerId, stored.length - 1);
    }

    function _tell(
        Subscription memory asked,
        InboxItem memory item,
        uint16 delivered,
        bytes32 containerId,
        uint256 index
    ) private {
        InfernetConsumer(asked.owner).rawReceiveCompute(
            item.subscriptionId,
            item.interval,
            delivered,
            msg.sender,
            item.input,
            item.output,
            item.proof,
            containerId,
            index
        );
    }

    function read(bytes32 containerId, address node, uint256 index)
        external
        view
        returns (InboxItem memory)
    {
        return items[containerId][node][index];
    }
}

/// @notice Asks once, with bytes that it keeps, or again and again, with bytes that say which interval it is.
contract StandInConsumer {
    StandInInfernet private infernet;
    mapping(uint32 id => bytes) private inputs;

    bool public refuses;
    bool public isSilent;
    uint256 public answers;
    uint32 public interval;
    bytes public input;
    bytes public output;
    bytes public proof;
    bytes32 public containerId;
    uint256 public index;
    address public node;

    /// @dev Its code is put in place, so that no constructor runs.
    function setInfernet(StandInInfernet infernet_) external {
        infernet = infernet_;
    }

    function setRefuses(bool refuses_) external {
        refuses = refuses_;
    }

    function setSilent(bool isSilent_) external {
        isSilent = isSilent_;
    }

    function request(
        string calldata container,
        bytes calldata inputs_,
        uint16 redundancy,
        uint256 paymentAmount,
        address wallet
    ) external returns (uint32 id) {
        id = infernet.createSubscription(
            container, 1, 0, redundancy, false, address(0), paymentAmount, wallet, address(0)
        );
        inputs[id] = inputs_;
    }

    function subscribe(
        string calldata container,
        uint32 frequency,
        uint32 period,
        bool lazy,
        address paymentToken,
        uint256 paymentAmount,
        address wallet,
        address verifier
    ) external returns (uint32) {
        return infernet.createSubscription(
            container, frequency, period, 1, lazy, paymentToken, paymentAmount, wallet, verifier
        );
    }

    function cancel(uint32 id) external {
        infernet.cancelSubscription(id);
    }

    function getContainerInputs(uint32 id, uint32 interval_, uint32, address)
        external
        view
        returns (bytes memory)
    {
        require(!isSilent, "silent");
        if (inputs[id].length > 0) return inputs[id];
        return abi.encode(string(abi.encodePacked("Interval ", bytes1(uint8(48 + interval_ % 10)))));
    }

    function rawReceiveCompute(
        uint32,
        uint32 interval_,
        uint16,
        address node_,
        bytes calldata input_,
        bytes calldata output_,
        bytes calldata proof_,
        bytes32 containerId_,
        uint256 index_
    ) external {
        require(msg.sender == address(infernet), "not the coordinator");
        require(!refuses, "refused");
        answers += 1;
        interval = interval_;
        node = node_;
        input = input_;
        output = output_;
        proof = proof_;
        containerId = containerId_;
        index = index_;
    }
}
