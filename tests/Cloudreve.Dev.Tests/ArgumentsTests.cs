using Xunit;

namespace Cloudreve.Dev.Tests;

public sealed class ArgumentsTests
{
    [Fact]
    public void Given_options_in_any_order_when_parsed_then_each_is_found()
    {
        var arguments = Parse("--demo", "--port", "8080");

        Assert.True(arguments.Has("--demo"));
        Assert.Equal("8080", arguments.Value("--port"));
    }

    [Theory]
    [InlineData("--prot", "8080")]
    [InlineData("--port")]
    public void Given_a_wrong_option_when_parsed_then_the_command_is_refused(params string[] words) =>
        Assert.Throws<CommandException>(() => Parse(words));

    private static Arguments Parse(params string[] words) => Arguments.Parse(words, values: ["--port"], switches: ["--demo"]);
}
