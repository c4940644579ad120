using System.Text.RegularExpressions;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Site;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Uploads;

public sealed class BlobNamingTests
{
    private static readonly BlobNamingContext Context =
        new(7, new FilePath(["folder", "sub", "report.tar.gz"]), 255, new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero));

    [Theory]
    [InlineData("{uid}", "{uuid}", "^7/[0-9a-f]{8}-[0-9a-f-]{27}$")]
    [InlineData("u/{path}", "{randomkey8}_{originname}", "^u/folder/sub/[A-Za-z0-9]{8}_report\\.tar\\.gz$")]
    [InlineData("", "{randomkey16}{ext}", "^[A-Za-z0-9]{16}\\.gz$")]
    [InlineData("{date}/{year}/{month}/{day}", "{uuid}_{hour}{minute}{second}_{datetime}", "^20260304/2026/03/04/.{36}_050607_20260304050607$")]
    [InlineData("", "{uuid}_{timestamp}_{timestamp_nano}", "^.{36}_1772600767_1772600767000000000$")]
    [InlineData("", "{uuid}{randomnum2}_{randomnum3}_{randomnum4}_{randomnum8}", "^.{36}\\d{2}_\\d{3}_\\d{4}_\\d{8}$")]
    [InlineData("", "{uuid}{originname_without_ext}{unknown}{", "^.{36}report\\.tar\\{unknown\\}\\{$")]
    [InlineData("same", "{originname}", "^same/ff_report\\.tar\\.gz$")]
    [InlineData("a//b/", "", "^a/b/.{36}$")]
    public void Given_the_rules_of_a_policy_when_a_blob_is_named_then_the_variables_are_replaced(string dir, string file, string pattern)
    {
        Assert.Matches(new Regex(pattern, RegexOptions.NonBacktracking), BlobNaming.Create(Policy(dir, file), Context));
    }

    [Fact]
    public void Given_a_name_that_addresses_cannot_carry_when_a_blob_is_named_then_it_is_changed()
    {
        var name = BlobNaming.Create(Policy("{path}", "{randomkey8}{originname}"), Context with { Path = new FilePath(["dots..", "bad\u0001name."]) });

        Assert.Matches(new Regex("^dots\\.\\._/.{8}bad_name\\._$", RegexOptions.NonBacktracking), name);
    }

    [Fact]
    public void Given_a_deep_folder_when_a_blob_is_named_then_the_name_still_fits()
    {
        var path = new FilePath([.. Enumerable.Repeat(new string('x', 250), 20), "a.txt"]);

        Assert.Matches(new Regex("^uploads/7/ff_[0-9a-f]{32}\\.txt$", RegexOptions.NonBacktracking), BlobNaming.Create(Policy("{path}", "{uuid}"), Context with { Path = path }));
    }

    private static StoragePolicy Policy(string dir, string file) =>
        new() { Id = 1, Name = "p", Driver = StorageDriver.AzureBlob, DirNameRule = dir, FileNameRule = file };
}
