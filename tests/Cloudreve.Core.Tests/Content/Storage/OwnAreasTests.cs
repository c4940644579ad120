using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Storage;

public sealed class OwnAreasTests(AzuriteServer azurite)
{
    [Theory]
    [InlineData("thumbnails/", true)]
    [InlineData("thumbnails/0.webp", true)]
    [InlineData("staging/0", true)]
    [InlineData("uploads/1/a.txt", true)]
    [InlineData("uploads2/a.txt", false)]
    [InlineData("photos/uploads/a.txt", false)]
    [InlineData("imports/1/a.txt", false)]
    [InlineData("a.txt", false)]
    public void Holds_SeededPolicy_WhatTheProductWrites(string name, bool expected) =>
        Assert.Equal(expected, AreasOf("uploads/{uid}/{path}").Holds(name));

    [Theory]
    [InlineData("data/{uid}", "data/7/x", true)]
    [InlineData("data/{uid}", "photos/x", false)]
    [InlineData("/{uid}/{path}", "7/x", true)]
    [InlineData("{uid}/{path}", "photos/x", false)]
    [InlineData("user{uid}", "user12/x", true)]
    [InlineData("user{uid}", "user/x", false)]
    [InlineData("{path}", "photos/x", true)]
    [InlineData("{unknown}", "photos/x", true)]
    [InlineData("", "x", true)]
    [InlineData("", "photos/x", false)]
    public void Holds_OtherNamingRules_WhatTheRuleCouldMake(string rule, string name, bool expected) =>
        Assert.Equal(expected, AreasOf(rule).Holds(name));

    [Theory]
    [InlineData("uploads/{uid}/{path}", "{uid}_{randomkey8}_{originname}")]
    [InlineData("{uid}/{year}/{month}", "{uuid}{ext}")]
    [InlineData("{randomkey16}/{timestamp}", "{originname}")]
    [InlineData("/x{date}y/{path}", "")]
    [InlineData("{uuid}", "{randomnum3}")]
    [InlineData("", "{originname}")]
    [InlineData("{path}", "{originname}")]
    public void Holds_NamesThatTheProductMakes_Always(string dirRule, string fileRule)
    {
        var policy = PolicyOf(dirRule) with { FileNameRule = fileRule };
        foreach (var path in (string[])["/a.txt", "/b/c/a.txt", "/" + string.Join('/', Enumerable.Repeat(new string('d', 200), 8)) + "/a.txt"])
        {
            var name = BlobNaming.Create(policy, new BlobNamingContext(7, FilePath.ParsePlain(path), 12, DateTimeOffset.UnixEpoch));

            Assert.True(new OwnAreas([policy]).Holds(name), name);
        }
    }

    [Fact]
    public void Holds_AnotherPolicyOfTheSameContainer_ItsAreaToo()
    {
        var policy = PolicyOf("uploads/{uid}");
        var layout = new StorageLayout(azurite.Connect());
        var server = azurite.ConnectionString.Split("BlobEndpoint=")[1].Split(';')[0];
        StoragePolicy[] all =
        [
            policy, PolicyOf("second/{uid}") with { Id = 2 }, PolicyOf("elsewhere/{uid}") with { Id = 3, BucketName = "other" },
            PolicyOf("byaddress/{uid}") with { Id = 4, Server = server },
        ];

        var areas = new PolicyContainers(layout, TimeProvider.System).AreasOf(policy, all);

        Assert.True(areas.Holds("second/1/x"));
        Assert.True(areas.Holds("byaddress/1/x"));
        Assert.False(areas.Holds("elsewhere/1/x"));
    }

    [Fact]
    public void Holds_RuleThatWasReplaced_WhatItNamedBefore()
    {
        var areas = new OwnAreas([PolicyOf("new/{uid}") with { FormerDirNameRules = ["old/{uid}"] }]);

        Assert.True(areas.Holds("old/1/x"));
        Assert.True(areas.Holds("new/1/x"));
        Assert.False(areas.Holds("photos/1/x"));
    }

    [Theory]
    [InlineData("cloudreve-files", false)]
    [InlineData("cloudreve-avatars", true)]
    [InlineData("cloudreve-snapshots", true)]
    [InlineData("cloudreve-fulltext", true)]
    [InlineData("azure-webjobs-secrets", true)]
    [InlineData("cloudrevehub-leases", true)]
    [InlineData("photos", false)]
    public void IsWhole_Container_OnlyThoseOfSiteAndHost(string container, bool expected) =>
        Assert.Equal(expected, OwnAreas.IsWhole(new StorageLayout(azurite.Connect()), container));

    private static OwnAreas AreasOf(string rule) => new([PolicyOf(rule)]);

    private static StoragePolicy PolicyOf(string rule) =>
        new() { Id = 1, Name = "test", Driver = StorageDriver.AzureBlob, BucketName = "files", DirNameRule = rule };
}
