using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using CsCheck;
using Xunit;

namespace Cloudreve.Core.Tests.Drive;

public sealed class FileUriTests
{
    private static readonly Gen<FileUri> AnyUri = Gen.Select(
        Gen.Enum<FileSystemKind>(), UnicodeText.Text, UnicodeText.Text, UnicodeText.Segment.Array[0, 6],
        Gen.Select(UnicodeText.Text, UnicodeText.Text).Array[0, 4],
        (kind, id, password, segments, query) => new FileUri(kind, id, password, new FilePath(segments))
        {
            Query = [.. query.Select(q => new KeyValuePair<string, string>(q.Item1, q.Item2))],
        });

    [Theory]
    [InlineData("cloudreve://my", FileSystemKind.My, "", "", "/")]
    [InlineData("cloudreve://my/", FileSystemKind.My, "", "", "/")]
    [InlineData("cloudreve://my/a/b.txt", FileSystemKind.My, "", "", "/a/b.txt")]
    [InlineData("cloudreve://my/a/b/", FileSystemKind.My, "", "", "/a/b")]
    [InlineData("cloudreve://Xy9@my/a", FileSystemKind.My, "Xy9", "", "/a")]
    [InlineData("cloudreve://Xy9@share/", FileSystemKind.Share, "Xy9", "", "/")]
    [InlineData("cloudreve://Xy9:pa%3Ass%40@share/a", FileSystemKind.Share, "Xy9", "pa:ss@", "/a")]
    [InlineData("cloudreve://Xy9:pa:ss@share/a", FileSystemKind.Share, "Xy9", "pa:ss", "/a")]
    [InlineData("cloudreve://trash/0d1e2f3a-0000-4000-8000-000000000000", FileSystemKind.Trash, "", "", "/0d1e2f3a-0000-4000-8000-000000000000")]
    [InlineData("cloudreve://shared_with_me/Ab1", FileSystemKind.SharedWithMe, "", "", "/Ab1")]
    [InlineData("CLOUDREVE://MY/A", FileSystemKind.My, "", "", "/A")]
    [InlineData("cloudreve://Shared_With_Me", FileSystemKind.SharedWithMe, "", "", "/")]
    [InlineData("cloudreve://my/100%25%23%3F%20%F0%9F%98%80.txt", FileSystemKind.My, "", "", "/100%#? 😀.txt")]
    [InlineData("cloudreve://my/a+b", FileSystemKind.My, "", "", "/a+b")]
    [InlineData("cloudreve://my/ä b", FileSystemKind.My, "", "", "/ä b")]
    [InlineData("cloudreve://my/a:b@c", FileSystemKind.My, "", "", "/a:b@c")]
    public void Given_a_documented_form_when_it_is_parsed_then_every_part_is_decoded(
        string text, FileSystemKind kind, string id, string password, string path)
    {
        var uri = FileUri.Parse(text);

        Assert.Equal((kind, id, password, path), (uri.FileSystem, uri.Id, uri.Password, uri.Path.ToString()));
        Assert.Empty(uri.Query);
    }

    [Theory]
    [InlineData("cloudreve://my", "cloudreve://my")]
    [InlineData("cloudreve://my/", "cloudreve://my")]
    [InlineData("CloudReve://MY/a/", "cloudreve://my/a")]
    [InlineData("cloudreve://@my/a", "cloudreve://my/a")]
    [InlineData("cloudreve://Xy9:@share/a", "cloudreve://Xy9@share/a")]
    [InlineData("cloudreve://my/%61%2d%5F%2e%7E!*'()", "cloudreve://my/a-_.~!*'()")]
    [InlineData("cloudreve://my/ü$&+,;=:@[]", "cloudreve://my/%C3%BC%24%26%2B%2C%3B%3D%3A%40%5B%5D")]
    [InlineData("cloudreve://my/%e4%bd%a0", "cloudreve://my/%E4%BD%A0")]
    [InlineData("cloudreve://my?name=a+b&use_or", "cloudreve://my?name=a%20b&use_or=")]
    public void Given_a_loose_form_when_it_is_printed_then_the_form_is_canonical(string text, string canonical) =>
        Assert.Equal(canonical, FileUri.Parse(text).ToString());

    [Fact]
    public void Given_a_search_when_it_is_parsed_then_parameters_keep_their_order_and_repetitions()
    {
        var uri = FileUri.Parse("cloudreve://my/a?name=x%26y&name=%22q%22&name_op_or=&meta_exif%3Aiso=&case_folding&&size_gte=5");

        Assert.Equal(
            ["name=x&y", "name=\"q\"", "name_op_or=", "meta_exif:iso=", "case_folding=", "size_gte=5"],
            uri.Query.Select(q => $"{q.Key}={q.Value}"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("my/a")]
    [InlineData("/a/b")]
    [InlineData("cloudreve:/my/a")]
    [InlineData("http://my/a")]
    [InlineData("cloudrevee://my/a")]
    [InlineData("cloudreve://")]
    [InlineData("cloudreve:///a")]
    [InlineData("cloudreve://mine/a")]
    [InlineData("cloudreve://my:8080/a")]
    [InlineData("cloudreve://m%79/a")]
    [InlineData("cloudreve://my /a")]
    [InlineData("cloudreve://my/a#b")]
    [InlineData("cloudreve://my/%")]
    [InlineData("cloudreve://my/%4")]
    [InlineData("cloudreve://my/%zz")]
    [InlineData("cloudreve://my/%+1")]
    [InlineData("cloudreve://my/% 1")]
    [InlineData("cloudreve://my/%C3")]
    [InlineData("cloudreve://my/%C3%28")]
    [InlineData("cloudreve://my/%C0%AF")]
    [InlineData("cloudreve://my/%ED%A0%80")]
    [InlineData("cloudreve://my/%F4%90%80%80")]
    [InlineData("cloudreve://%FF@my/a")]
    [InlineData("cloudreve://a:%FF@share/a")]
    [InlineData("cloudreve://my/a?name=%FF")]
    [InlineData("cloudreve://my/a?%=1")]
    [InlineData("cloudreve://my/.")]
    [InlineData("cloudreve://my/..")]
    [InlineData("cloudreve://my/a/../b")]
    [InlineData("cloudreve://my/a/%2e%2E/b")]
    [InlineData("cloudreve://my/a/./b")]
    [InlineData("cloudreve://my/a%2Fb")]
    [InlineData("cloudreve://my/%2F")]
    public void Given_a_malformed_uri_when_it_is_parsed_then_it_is_a_bad_parameter(string? text)
    {
        var error = Assert.Throws<CloudreveException>(() => FileUri.Parse(text));

        Assert.Equal(ErrorCode.BadParameter, error.Code);
    }

    [Theory]
    [InlineData("cloudreve://my//a/b")]
    [InlineData("cloudreve://my/a//b")]
    [InlineData("cloudreve://my/a/b//")]
    [InlineData("cloudreve://my///a///b///")]
    public void Given_more_slashes_than_needed_when_a_uri_is_parsed_then_it_is_the_same_as_without(string text) =>
        Assert.Equal("cloudreve://my/a/b", FileUri.Parse(text).ToString());

    [Theory]
    [InlineData("cloudreve://my")]
    [InlineData("cloudreve://my/")]
    [InlineData("cloudreve://my//")]
    public void Given_nothing_but_slashes_when_a_uri_is_parsed_then_it_is_the_root(string text) => Assert.True(FileUri.Parse(text).Path.IsRoot);

    // Attributes cannot hold lone surrogates.
    [Theory]
    [InlineData("D800")]
    [InlineData("DC00 0061")]
    [InlineData("D800 D800")]
    [InlineData("DC00 D800")]
    public void Given_a_lone_surrogate_when_it_is_parsed_then_it_is_a_bad_parameter(string units)
    {
        var text = "cloudreve://my/" + string.Concat(units.Split(' ').Select(u => (char)Convert.ToInt32(u, 16)));

        Assert.Equal(ErrorCode.BadParameter, Assert.Throws<CloudreveException>(() => FileUri.Parse(text)).Code);
    }

    [Fact]
    public void Given_a_path_at_the_deepest_level_when_parsed_then_it_passes_and_one_more_level_does_not()
    {
        var deepest = "cloudreve://my" + string.Concat(Enumerable.Repeat("/a", FilePath.MaxDepth));

        Assert.Equal(FilePath.MaxDepth, FileUri.Parse(deepest).Path.Depth);
        Assert.Equal(ErrorCode.BadParameter, Assert.Throws<CloudreveException>(() => FileUri.Parse(deepest + "/a")).Code);
    }

    [Fact]
    public void Given_any_uri_when_it_is_printed_and_parsed_then_it_is_the_same() =>
        AnyUri.Sample(uri => FileUri.Parse(uri.ToString()).Equals(uri), iter: 5_000);

    [Fact]
    public void Given_any_canonical_text_when_it_is_parsed_and_printed_then_it_is_the_same() =>
        AnyUri.Select(uri => uri.ToString()).Sample(text => FileUri.Parse(text).ToString() == text, iter: 5_000);

    [Fact]
    public void Given_any_uri_when_it_is_printed_then_only_unreserved_characters_stay_unescaped() =>
        UnicodeText.Text.Sample(text => FileUri.Escape(text).All(c => char.IsAsciiLetterOrDigit(c) || "-_.~!*'()%".Contains(c, StringComparison.Ordinal)));

    [Fact]
    public void Given_any_garbage_when_it_is_parsed_then_it_gives_a_uri_or_a_bad_parameter() =>
        UnicodeText.CodeUnits.Sample(
            garbage =>
            {
                IsUriOrBadParameter(garbage);
                IsUriOrBadParameter("cloudreve://" + garbage);
                IsUriOrBadParameter("cloudreve://my/" + garbage);
                IsUriOrBadParameter("cloudreve://my?" + garbage);
                IsUriOrBadParameter("cloudreve://" + garbage + "@share/a");
            },
            iter: 20_000);

    [Fact]
    public void Given_equal_uris_when_they_are_compared_then_their_hash_codes_are_equal_too() =>
        AnyUri.Sample(uri => FileUri.Parse(uri.ToString()).GetHashCode() == uri.GetHashCode());

    [Fact]
    public void Given_another_path_when_a_uri_is_moved_there_then_the_query_is_gone_and_the_rest_stays()
    {
        var uri = FileUri.Parse("cloudreve://Xy9:pw@share/a?name=b").At(new FilePath(["c"]));

        Assert.Equal("cloudreve://Xy9:pw@share/c", uri.ToString());
    }

    private static void IsUriOrBadParameter(string text)
    {
        try
        {
            var uri = FileUri.Parse(text);
            Assert.Equal(uri, FileUri.Parse(uri.ToString()));
        }
        catch (CloudreveException e)
        {
            Assert.Equal(ErrorCode.BadParameter, e.Code);
        }
    }
}
