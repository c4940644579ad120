using System.Text;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using CsCheck;
using Xunit;

namespace Cloudreve.Core.Tests.Drive;

public sealed class FilePathTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("a b.tar.gz")]
    [InlineData(".hidden")]
    [InlineData("...")]
    [InlineData(" ")]
    [InlineData("100%#1.txt")]
    [InlineData("{[()]}~`'&^$@!;,+=-_")]
    [InlineData("文件 😀.txt")]
    [InlineData("\uF000\uFFFD")]
    public void Given_an_allowed_name_when_it_is_checked_then_it_is_valid(string name) => Assert.True(FilePath.IsValidName(name));

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a\\b")]
    [InlineData("a/b")]
    [InlineData("a:b")]
    [InlineData("a*b")]
    [InlineData("a?b")]
    [InlineData("a\"b")]
    [InlineData("a<b")]
    [InlineData("a>b")]
    [InlineData("a|b")]
    [InlineData("nul\u0000.txt")]
    [InlineData("a\nb")]
    [InlineData("a\u001F")]
    [InlineData("\u007Fa")]
    [InlineData("a\u0085b")]
    public void Given_a_forbidden_name_when_it_is_checked_then_it_is_an_illegal_name(string name)
    {
        Assert.False(FilePath.IsValidName(name));
        Assert.Equal(ErrorCode.IllegalName, Assert.Throws<CloudreveException>(() => FilePath.CheckName(name)).Code);
    }

    // Attributes cannot hold lone surrogates.
    [Theory]
    [InlineData("D83D")]
    [InlineData("0061 D83D")]
    [InlineData("DE00 0061")]
    [InlineData("DE00 D83D")]
    [InlineData("D83D D83D DE00")]
    public void Given_a_lone_surrogate_in_a_name_when_it_is_checked_then_it_is_an_illegal_name(string units) =>
        Assert.False(FilePath.IsValidName(string.Concat(units.Split(' ').Select(u => (char)Convert.ToInt32(u, 16)))));

    [Theory]
    [InlineData("a")]
    [InlineData("ü")]
    [InlineData("文")]
    [InlineData("😀")]
    public void Given_a_character_when_it_is_repeated_then_255_bytes_is_the_longest_name(string character)
    {
        var bytes = Encoding.UTF8.GetByteCount(character);
        var fits = string.Concat(Enumerable.Repeat(character, 255 / bytes));
        var padded = fits + new string('x', 255 % bytes);

        Assert.True(FilePath.IsValidName(padded));
        Assert.False(FilePath.IsValidName(padded + "x"));
    }

    [Fact]
    public void Given_any_text_when_it_is_a_valid_name_then_it_survives_utf8_and_stands_in_a_path() =>
        UnicodeText.CodeUnits.Where(FilePath.IsValidName).Sample(name =>
            Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(name)) == name && FilePath.Root.Child(name).Name == name);

    [Theory]
    [InlineData("", "/")]
    [InlineData("/", "/")]
    [InlineData("a", "/a")]
    [InlineData("/a/b", "/a/b")]
    [InlineData("a/b/", "/a/b")]
    public void Given_a_plain_path_when_it_is_parsed_then_outer_slashes_are_dropped(string text, string expected) =>
        Assert.Equal(expected, FilePath.ParsePlain(text).ToString());

    [Theory]
    [InlineData("a//b")]
    [InlineData("//a")]
    [InlineData("a//")]
    [InlineData("./a")]
    [InlineData("a/..")]
    public void Given_a_plain_path_with_empty_or_dot_segments_when_it_is_parsed_then_it_is_a_bad_parameter(string text) =>
        Assert.Equal(ErrorCode.BadParameter, Assert.Throws<CloudreveException>(() => FilePath.ParsePlain(text)).Code);

    [Fact]
    public void Given_a_path_when_its_parts_are_read_then_parent_and_child_are_inverse()
    {
        var path = FilePath.Root.Child("a").Child("b");

        Assert.Equal((2, "b", "/a", "/a/b"), (path.Depth, path.Name, path.Parent.ToString(), path.ToString()));
        Assert.Equal(path, path.Parent.Child(path.Name));
        Assert.Equal(path.GetHashCode(), path.Parent.Child(path.Name).GetHashCode());
    }

    [Fact]
    public void Given_the_root_when_its_parts_are_read_then_it_is_its_own_parent_without_a_name()
    {
        Assert.True(FilePath.Root.IsRoot);
        Assert.Equal("", FilePath.Root.Name);
        Assert.Equal(FilePath.Root, FilePath.Root.Parent);
    }
}
