using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Xunit;

namespace Cloudreve.Core.Tests.Imports;

public sealed class FileRulesTests
{
    private static readonly StoragePolicy Policy = new() { Id = 1, Name = "test", Driver = StorageDriver.AzureBlob };

    [Fact]
    public void Given_an_archived_blob_when_it_is_checked_then_it_is_refused_with_the_way_out()
    {
        var reason = FileRules.Of(Policy).Refuse("a.txt", Blob(10) with { AccessTier = "Archive" });

        Assert.Contains("rehydrate", reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Hot")]
    [InlineData("Cold")]
    [InlineData(null)]
    public void Given_a_readable_tier_when_a_blob_is_checked_then_it_may_come(string? tier) =>
        Assert.Null(FileRules.Of(Policy).Refuse("a.txt", Blob(10) with { AccessTier = tier }));

    [Theory]
    [InlineData("photo.JPG", true)]
    [InlineData("photo.png", false)]
    [InlineData("photo", false)]
    public void Given_a_list_of_allowed_types_when_names_are_checked_then_the_extension_decides(string name, bool allowed)
    {
        var rules = FileRules.Of(Policy with { Settings = new StoragePolicySettings { FileType = ["jpg"] } });

        Assert.Equal(allowed, rules.RefuseName(name) is null);
    }

    [Fact]
    public void Given_a_list_of_denied_types_when_names_are_checked_then_others_are_allowed()
    {
        var rules = FileRules.Of(Policy with { Settings = new StoragePolicySettings { FileType = ["exe"], IsFileTypeDenyList = true } });

        Assert.NotNull(rules.RefuseName("setup.exe"));
        Assert.Null(rules.RefuseName("notes.txt"));
    }

    [Theory]
    [InlineData("a.php")]
    [InlineData("a.PHP")]
    [InlineData("a.php.")]
    [InlineData("a.php...")]
    [InlineData("a.php ")]
    [InlineData("a.php . ")]
    [InlineData("a.php\u00A0")]
    [InlineData("a.php\u3000")]
    [InlineData("a.php\u200B")]
    [InlineData("a.p\u200Dhp")]
    [InlineData("a.php\uFEFF")]
    [InlineData("a.php\u202E")]
    [InlineData("a.php\u3164")]
    [InlineData("a\uFF0E\uFF50\uFF48\uFF50")]
    [InlineData("a. php")]
    public void RefuseName_DeniedExtensionInDisguise_IsRefused(string name)
    {
        var rules = FileRules.Of(Policy with { Settings = new StoragePolicySettings { FileType = ["php"], IsFileTypeDenyList = true } });

        Assert.NotNull(rules.RefuseName(name));
    }

    [Fact]
    public void RefuseName_DeniedExtensionWithControlCharacter_IsAnIllegalName()
    {
        var rules = FileRules.Of(Policy with { Settings = new StoragePolicySettings { FileType = ["php"], IsFileTypeDenyList = true } });

        Assert.Equal(ErrorCode.IllegalName, Assert.Throws<CloudreveException>(() => rules.CheckName("a.php\n")).Code);
    }

    [Theory]
    [InlineData("a.jpg.")]
    [InlineData("a.jpg ")]
    [InlineData("a.php\uFF0Ejpg", "php")]
    [InlineData("a.php\u200B.jpg\u200B")]
    public void RefuseName_AllowedExtensionInOneFormOnly_IsRefused(string name, string allowed = "jpg")
    {
        var rules = FileRules.Of(Policy with { Settings = new StoragePolicySettings { FileType = [allowed] } });

        Assert.NotNull(rules.RefuseName(name));
    }

    [Theory]
    [InlineData("notes.php.txt")]
    [InlineData("php")]
    [InlineData("\u6587\u4EF6.txt")]
    [InlineData("family \uD83D\uDC68\u200D\uD83D\uDC69.png")]
    public void RefuseName_OtherNames_AreAllowed(string name)
    {
        var rules = FileRules.Of(Policy with { Settings = new StoragePolicySettings { FileType = ["php"], IsFileTypeDenyList = true } });

        Assert.Null(rules.RefuseName(name));
    }

    [Fact]
    public void Given_a_name_pattern_when_names_are_checked_then_only_matches_are_allowed_or_denied()
    {
        var settings = new StoragePolicySettings { FileRegexp = "^IMG_" };

        Assert.NotNull(FileRules.Of(Policy with { Settings = settings }).RefuseName("DSC_1.jpg"));
        Assert.NotNull(FileRules.Of(Policy with { Settings = settings with { IsNameRegexpDenyList = true } }).RefuseName("IMG_1.jpg"));
    }

    [Fact]
    public void Given_a_size_limit_when_larger_blobs_are_checked_then_they_are_refused()
    {
        var rules = FileRules.Of(Policy with { MaxSize = 10 });

        Assert.Null(rules.Refuse("a.txt", Blob(10)));
        Assert.NotNull(rules.Refuse("a.txt", Blob(11)));
    }

    private static BlobItem Blob(long size) => new("src/a.txt", size, DateTimeOffset.UnixEpoch, "\"1\"");
}
