using Cloudreve.Dev.Running;
using Xunit;

namespace Cloudreve.Dev.Tests;

public sealed class ListenAddressTests
{
    [Theory]
    [InlineData(null, "127.0.0.1", "http://localhost:7071/")]
    [InlineData("localhost", "127.0.0.1", "http://localhost:7071/")]
    [InlineData("*", "0.0.0.0", "http://localhost:7071/")]
    [InlineData("192.0.2.7", "192.0.2.7", "http://192.0.2.7:7071/")]
    [InlineData("::1", "::1", "http://[::1]:7071/")]
    public void Parse_Setting_IsReachableFromThisMachine(string? text, string address, string url)
    {
        var parsed = ListenAddress.Parse(text);

        Assert.Equal(address, parsed.Value.ToString());
        Assert.Equal(new Uri(url), parsed.Url(7071));
    }

    [Fact]
    public void Parse_AnythingElse_NamesTheSetting() =>
        Assert.Contains("CLOUDREVE_BIND", Assert.Throws<CommandException>(() => ListenAddress.Parse("all")).Message, StringComparison.Ordinal);
}
