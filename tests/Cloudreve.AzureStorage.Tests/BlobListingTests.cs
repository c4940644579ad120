using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.AzureStorage.Tests;

/// <summary>Listings by prefix; the emulator finds blobs by its index of names, and must find those that it would find without it.</summary>
public sealed class BlobListingTests(AzuriteServer azurite)
{
    private static readonly string[] s_names =
    [
        "a", "a+b/1", "a+b/[2]", "a+b/deep (3)/x.txt", "aab/1", "a.b/1", "axb/1", "a-b$c^{d}|e*f?", "a b/\U0001F600", "a b/\uFFFD", "ab", "Z/1", "\u00E9/1",
    ];

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("a+b/")]
    [InlineData("a.b/")]
    [InlineData("a b/")]
    [InlineData("a-b$c^{d}|")]
    [InlineData("a+b/deep (3)/")]
    [InlineData("b")]
    [InlineData("\u00E9")]
    public async Task Given_names_with_special_characters_when_listed_by_a_prefix_then_matches_come_in_order(string prefix)
    {
        var container = await CreateAsync(s_names);
        await CreateAsync(s_names);

        var listed = new List<string>();
        string? token = null;
        do
        {
            var page = await container.ListPageAsync(prefix, delimiter: null, take: 2, token);
            listed.AddRange(page.Blobs.Select(blob => blob.Name));
            token = page.ContinuationToken;
        }
        while (token is not null);

        Assert.Equal(s_names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal), listed);
    }

    [Fact]
    public async Task Given_the_same_name_in_two_containers_when_one_is_deleted_then_the_other_is_still_found()
    {
        var kept = await CreateAsync("a+b/1");
        var other = await CreateAsync("a+b/1");

        Assert.True(await other.DeleteAsync("a+b/1"));

        Assert.NotNull(await kept.FindAsync("a+b/1"));
        Assert.Null(await other.FindAsync("a+b/1"));
    }

    private async Task<BlobContainer> CreateAsync(params string[] names)
    {
        var container = azurite.Connect().Container(AzuriteServer.UniqueName());
        await container.CreateIfNotExistsAsync();
        foreach (var name in names)
            await container.WriteAsync(name, BinaryData.FromString(name));
        return container;
    }
}
