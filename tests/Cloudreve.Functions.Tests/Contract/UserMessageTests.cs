using System.Reflection;
using System.Text.RegularExpressions;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;
using Xunit;

namespace Cloudreve.Functions.Tests.Contract;

/// <summary>Tests that messages for users are plain English. Refuses words that no native speaker would use there.</summary>
public sealed partial class UserMessageTests
{
    private static readonly Assembly[] s_assemblies = [typeof(CloudreveException).Assembly, typeof(HttpFunction).Assembly, Assembly.Load("Cloudreve.Orchestrations")];

    [Fact]
    public void Given_all_messages_when_they_are_read_then_none_uses_words_that_sound_odd() =>
        Assert.Empty(UsedMembers.MethodsOf(s_assemblies).SelectMany(UsedMembers.TextsOf).Where(text => Sentence().IsMatch(text) && Odd().IsMatch(text)).Distinct());

    [Fact]
    public void Given_the_app_when_its_messages_are_looked_for_then_there_are_hundreds() =>
        Assert.InRange(UsedMembers.MethodsOf(s_assemblies).SelectMany(UsedMembers.TextsOf).Where(text => Sentence().IsMatch(text)).Distinct().Count(), 250, 5_000);

    [GeneratedRegex("^[A-Z][^<>]* .*\\.$", RegexOptions.NonBacktracking)]
    private static partial Regex Sentence();

    [GeneratedRegex(
        "any more|meanwhile|no such|nobody|somebody|begin again|impossible|is no [a-z]+[.]|not hold|switched off|of another|of that name|by now|announced|"
            + "comes twice|already[.] begin|any longer|shall|\\bmail address",
        RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Odd();
}
