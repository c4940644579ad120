using System.Net;
using Cloudreve.Core.Infrastructure.Outgoing;
using Xunit;

namespace Cloudreve.Core.Tests.Infrastructure.Outgoing;

public sealed class OutgoingRulesTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    [InlineData("100.64.0.1")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("168.63.129.16")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.8")]
    [InlineData("192.0.2.1")]
    [InlineData("192.88.99.1")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::7f00:1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("::ffff:0:127.0.0.1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("64:ff9b::169.254.169.254")]
    [InlineData("64:ff9b:1::10.0.0.1")]
    [InlineData("100::1")]
    [InlineData("2001::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("2002:a9fe:a9fe::1")]
    [InlineData("3fff::1")]
    [InlineData("fc00::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fe80::1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    public void Given_no_exception_when_an_address_beyond_the_internet_is_checked_then_it_is_refused(string address) =>
        Assert.False(OutgoingRules.None.Allow("example.com", IPAddress.Parse(address)));

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("100.63.255.255")]
    [InlineData("172.15.0.1")]
    [InlineData("172.32.0.1")]
    [InlineData("168.63.129.17")]
    [InlineData("223.255.255.255")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::8.8.8.8")]
    [InlineData("2001:4860:4860::8888")]
    [InlineData("2606:4700::1111")]
    public void Given_no_exception_when_an_address_of_the_internet_is_checked_then_it_is_allowed(string address) =>
        Assert.True(OutgoingRules.None.Allow("example.com", IPAddress.Parse(address)));

    [Theory]
    [InlineData("mail.internal", "10.1.2.3", true)]
    [InlineData("MAIL.internal", "10.1.2.3", true)]
    [InlineData("other.internal", "10.1.2.3", false)]
    [InlineData("other.internal", "10.2.0.9", true)]
    [InlineData("other.internal", "::ffff:10.2.0.9", true)]
    [InlineData("other.internal", "10.3.0.9", false)]
    [InlineData("::1", "::1", true)]
    [InlineData("other.internal", "fd12::9", true)]
    public void Given_exceptions_when_an_address_is_checked_then_nothing_beside_them_is_allowed(string host, string address, bool expected) =>
        Assert.Equal(expected, OutgoingRules.Parse("mail.internal, 10.2.0.0/16, ::1,fd12::/16").Allow(host, IPAddress.Parse(address)));

    [Theory]
    [InlineData("http://mail.internal")]
    [InlineData("10.0.0.1/8/9")]
    [InlineData("10.0.0.0/40")]
    [InlineData("a b")]
    public void Given_an_item_that_is_neither_host_nor_network_when_the_list_is_read_then_it_is_refused(string list) =>
        Assert.Throws<FormatException>(() => OutgoingRules.Parse(list));
}
