using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using CsCheck;
using Xunit;

namespace Cloudreve.Core.Tests.Drive;

public sealed class FileKeysTests
{
    private static readonly Gen<long> AnyId = Gen.Frequency((1, Gen.Long[0, 5_000]), (1, Gen.Long[0, (1L << 53) - 1]));

    /// <summary>Few distinct characters, all of them special, so that different names come close to one key.</summary>
    private static readonly Gen<string> ConfusableName =
        Gen.Char["#%a\u0001\u007F\u009F\uF000\uF001\uF023\uF025\uF07F\uF09F\uF0FD\uF0FE\uF0FF"]
            .Array[0, 4].Select(c => new string(c));

    [Theory]
    [InlineData("plain.txt", "plain.txt")]
    [InlineData("a#b%c", "a\uF023b\uF025c")]
    [InlineData("tab\there", "tab\uF009here")]
    [InlineData("\u0085", "\uF085")]
    [InlineData("\uF023", "\uF0FE\uF023")]
    [InlineData("\uF0FE", "\uF0FE\uF0FE")]
    [InlineData("\uF0FF", "\uF0FF")]
    [InlineData("😀 'quoted' &", "😀 'quoted' &")]
    public void Given_a_name_when_its_key_is_made_then_forbidden_characters_are_mapped_one_to_one(string name, string key) =>
        Assert.Equal(key, FileKeys.Escape(name));

    [Fact]
    public void Given_two_confusable_names_when_their_keys_are_equal_then_the_names_are_equal() =>
        Gen.Select(ConfusableName, ConfusableName).Sample(
            (a, b) => (FileKeys.Escape(a) == FileKeys.Escape(b)) == (a == b), iter: 100_000);

    [Fact]
    public void Given_any_two_names_when_their_keys_are_equal_then_the_names_are_equal() =>
        Gen.Select(UnicodeText.Text, UnicodeText.Text).Sample(
            (a, b) => (FileKeys.Escape(a) == FileKeys.Escape(b)) == (a == b), iter: 20_000);

    [Fact]
    public void Given_any_valid_name_when_its_keys_are_made_then_storage_takes_them() =>
        UnicodeText.Name.Sample(
            name =>
            {
                AzureLimits.CheckKey(FileKeys.Name(name));
                AzureLimits.CheckKey(FileKeys.FolderName(name));
            },
            iter: 10_000);

    [Theory]
    [InlineData('a')]
    [InlineData('%')]
    [InlineData('\uF001')]
    [InlineData('\uF0FE')]
    public void Given_the_longest_name_of_a_character_when_its_key_is_made_then_storage_takes_it(char character)
    {
        var name = new string(character, 255);
        while (!FilePath.IsValidName(name))
            name = name[1..];

        AzureLimits.CheckKey(FileKeys.FolderName(name));
    }

    [Fact]
    public void Given_any_two_ids_when_their_keys_are_compared_then_they_are_ordered_like_the_ids() =>
        Gen.Select(AnyId, AnyId).Sample((a, b) =>
            Math.Sign(string.CompareOrdinal(FileKeys.FileId(a), FileKeys.FileId(b))) == a.CompareTo(b)
            && Math.Sign(string.CompareOrdinal(FileKeys.FolderId(a), FileKeys.FolderId(b))) == a.CompareTo(b));

    [Fact]
    public void Given_any_two_folders_when_their_partitions_are_equal_then_the_folders_are_equal() =>
        Gen.Select(AnyId, AnyId).Sample((a, b) => (FileKeys.Folder(a) == FileKeys.Folder(b)) == (a == b));

    [Fact]
    public void Given_ids_of_one_thousand_when_their_blocks_are_made_then_they_share_one_partition()
    {
        Assert.Single(Enumerable.Range(7_000, 1_000).Select(id => FileKeys.IdBlock(id)).Distinct());
        Assert.NotEqual(FileKeys.IdBlock(7_999), FileKeys.IdBlock(8_000));
    }

    [Fact]
    public void Given_consecutive_folders_when_partitions_are_made_then_they_lie_apart() =>
        Assert.Equal(16, Enumerable.Range(1_000, 16).Select(id => FileKeys.Folder(id)[0]).Distinct().Count());

    [Fact]
    public void Given_any_folder_when_its_partition_is_read_then_it_is_the_folder() =>
        AnyId.Sample(id => FileKeys.ParseFolder(FileKeys.Folder(id)) == id && FileKeys.ParseFolder(FileKeys.Folder(-id)) == -id);

    [Fact]
    public void Given_folders_of_one_block_when_partitions_are_ordered_then_they_lie_in_order_of_id()
    {
        const long Block = FileKeys.FirstFolderBlock + 5;
        var block = Enumerable.Range(0, FileKeys.IdsPerBlock).Select(i => FileKeys.Folder((Block * FileKeys.IdsPerBlock) + i)).ToList();
        long[] others = [1, 1L << 32, Block, Block - 1, (Block - 1) * FileKeys.IdsPerBlock, (Block + 1) * FileKeys.IdsPerBlock, (1L << 53) - 1];

        Assert.Equal(block, block.Order(StringComparer.Ordinal));
        Assert.DoesNotContain(
            others.Select(FileKeys.Folder), other => string.CompareOrdinal(other, block[0]) > 0 && string.CompareOrdinal(other, block[^1]) < 0);
    }

    [Theory]
    [InlineData(0, 999, true)]
    [InlineData(0, 1_000, false)]
    [InlineData(-1, 0, false)]
    public void Given_two_folders_when_they_are_of_one_block_then_they_are_neighbours(long first, long second, bool are)
    {
        const long Start = FileKeys.FirstFolderBlock * FileKeys.IdsPerBlock;

        Assert.Equal(are, FileKeys.AreNeighbours(Start + first, Start + second));
        Assert.False(FileKeys.AreNeighbours(5_000, 5_001));
    }

    [Fact]
    public void Given_consecutive_blocks_when_partitions_are_made_then_they_lie_apart() =>
        Assert.Equal(16, Enumerable.Range(0, 16).Select(i => FileKeys.Folder((FileKeys.FirstFolderBlock + i) * FileKeys.IdsPerBlock)[0]).Distinct().Count());

    [Fact]
    public void Given_the_kinds_of_rows_when_their_keys_are_compared_then_no_two_ranges_overlap()
    {
        string[] prefixes = [FileKeys.Header, FileKeys.NamePrefix, FileKeys.FolderPrefix, FileKeys.FolderIdPrefix, FileKeys.FileIdPrefix];

        Assert.DoesNotContain(prefixes, a => prefixes.Any(b => a != b && a.StartsWith(b, StringComparison.Ordinal)));
    }
}
