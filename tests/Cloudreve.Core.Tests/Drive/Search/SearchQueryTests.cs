using Cloudreve.Core.Drive.Search;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;
using Xunit;

namespace Cloudreve.Core.Tests.Drive.Search;

public sealed class SearchQueryTests
{
    private static readonly SiteSettings Site = new(new Dictionary<string, string>());

    [Theory]
    [InlineData("name=port", "Report.PDF", true)]
    [InlineData("name=PORT", "Report.PDF", false)]
    [InlineData("name=PORT&case_folding", "Report.PDF", true)]
    [InlineData("name=PORT&case_folding=", "Report.PDF", true)]
    [InlineData("name=re&name=df", "Report.PDF", false)]
    [InlineData("name=re&name=df&case_folding", "Report.PDF", true)]
    [InlineData("name=none&name=port", "Report.PDF", false)]
    [InlineData("name=none&name=port&name_op_or", "Report.PDF", true)]
    [InlineData("name=none&name=port&use_or=", "Report.PDF", true)]
    [InlineData("name=*.PDF", "Report.PDF", true)]
    [InlineData("name=*.pdf", "Report.PDF", false)]
    [InlineData("name=*.pdf&case_folding", "Report.PDF", true)]
    [InlineData("name=Rep*", "Report.PDF", true)]
    [InlineData("name=port*", "Report.PDF", false)]
    [InlineData("name=po*DF", "Report.PDF", true)]
    [InlineData("name=e*o*t", "Report.PDF", true)]
    [InlineData("name=t*e", "Report.PDF", false)]
    [InlineData("name=*e*P*", "Report.PDF", true)]
    [InlineData("name=*ab*ab", "ab", false)]
    [InlineData("name=*ab*ab", "abab", true)]
    [InlineData("name=*", "anything", true)]
    [InlineData("name=", "anything", true)]
    [InlineData("name=%22a*b%22", "xa*by", true)]
    [InlineData("name=%22a*b%22", "xaCby", false)]
    [InlineData("name=%22REP%22&case_folding", "Report.PDF", false)]
    [InlineData("name=%22", "say \" it", true)]
    [InlineData("name=%E6%96%87", "中文件", true)]
    [InlineData("name=a+b", "xa by", true)]
    public void Given_a_name_filter_when_a_name_is_matched_then_the_contracts_rules_decide(string query, string name, bool matches) =>
        Assert.Equal(matches, Parse(query)!.Matches(File(name)));

    [Theory]
    [InlineData("type=file", true)]
    [InlineData("type=folder", false)]
    [InlineData("size_gte=10", true)]
    [InlineData("size_gte=11", false)]
    [InlineData("size_lte=10", true)]
    [InlineData("size_lte=9", false)]
    [InlineData("size_gte=5&size_lte=20", true)]
    [InlineData("created_gte=1000", true)]
    [InlineData("created_gte=1001", false)]
    [InlineData("created_lte=1000", true)]
    [InlineData("created_lte=999", false)]
    [InlineData("updated_gte=2000&updated_lte=2000", true)]
    [InlineData("updated_gte=2001", false)]
    [InlineData("updated_lte=1999", false)]
    [InlineData("created_gte=-9223372036854775808&updated_lte=9223372036854775807", true)]
    [InlineData("meta_tag:red=", true)]
    [InlineData("meta_tag:blue=", false)]
    [InlineData("meta_exif:camera_make=nik", true)]
    [InlineData("meta_exif:camera_make=nikon+corp", false)]
    [InlineData("meta_EXIF:camera_make=nik", false)]
    [InlineData("exact_meta_exif:camera_make=NIKON", true)]
    [InlineData("exact_meta_exif:camera_make=NIK", false)]
    [InlineData("exact_meta_tag:blue=", false)]
    [InlineData("meta_tag:red=&meta_exif:camera_make=N&name=a", true)]
    [InlineData("meta_tag:red=&meta_tag:blue=&use_or", false)]
    public void Given_another_filter_when_a_file_is_matched_then_every_one_must_hold(string query, bool matches)
    {
        var file = File("a") with
        {
            Size = 10,
            CreatedAt = DateTimeOffset.FromUnixTimeSeconds(1000),
            UpdatedAt = DateTimeOffset.FromUnixTimeSeconds(2000),
            Metadata = new Dictionary<string, string> { ["tag:red"] = "", ["exif:camera_make"] = "NIKON" },
        };

        Assert.Equal(matches, Parse(query)!.Matches(file));
    }

    [Theory]
    [InlineData("")]
    [InlineData("case_folding")]
    [InlineData("use_or&whatever=1")]
    [InlineData("metadata=1&Name=x")]
    [InlineData("size_gte=")]
    [InlineData("size_lte=1k")]
    [InlineData("created_gte=2026-01-01&updated_lte=99999999999999999999")]
    public void Given_a_query_without_a_filter_when_it_is_read_then_it_makes_no_search(string query) => Assert.Null(Parse(query));

    [Theory]
    [InlineData("type=link")]
    [InlineData("category=secret")]
    public void Given_a_filter_that_cannot_be_read_when_it_is_read_then_it_is_a_bad_parameter(string query) =>
        Assert.Equal(ErrorCode.BadParameter, Assert.Throws<CloudreveException>(() => Parse(query)).Code);

    [Theory]
    [InlineData("size_gte=")]
    [InlineData("size_lte=1k")]
    [InlineData("created_gte=99999999999999999999")]
    [InlineData("updated_lte=-99999999999999999999")]
    public void Given_a_bound_that_is_no_number_when_files_are_matched_then_it_does_not_count(string bound)
    {
        var query = Parse("name=x&" + bound)!;

        Assert.True(query.Matches(File("x.txt")));
        Assert.False(query.Matches(File("y.md")));
    }

    [Theory]
    [InlineData("image", "holiday.JPG", "holiday.mp4")]
    [InlineData("video", "clip.MKV", "clip.mp3")]
    [InlineData("audio", "song.flac", "song.txt")]
    [InlineData("document", "letter.DocX", "letter.png")]
    public void Given_a_category_when_names_are_matched_then_its_usual_extensions_count(string category, string inside, string outside)
    {
        var query = Parse($"category={category}&name=ignored")!;

        Assert.True(query.Matches(File(inside)));
        Assert.False(query.Matches(File(outside)));
        Assert.False(query.Matches(File(inside) with { Type = FileType.Folder }));
    }

    [Fact]
    public void Given_a_stored_query_of_a_category_when_it_is_searched_then_the_query_is_replaced()
    {
        var site = new SiteSettings(new Dictionary<string, string> { ["explorer_category_audio_query"] = "type=folder&name=music" });

        var query = SearchQuery.Parse(FileUri.Parse("cloudreve://my?category=audio&name=x&size_gte=5").Query, site)!;

        Assert.True(query.Matches(File("my music") with { Type = FileType.Folder }));
        Assert.False(query.Matches(File("x.mp3")));
    }

    [Theory]
    [InlineData(51, 10)]
    [InlineData(3, 1_000)]
    public void Given_more_filters_than_can_be_compared_when_they_are_read_then_they_are_refused(int filters, int length)
    {
        var query = string.Join('&', Enumerable.Repeat("name=" + new string('*', length), filters));

        Assert.Equal(ErrorCode.BadParameter, Assert.Throws<CloudreveException>(() => Parse(query)).Code);
    }

    [Fact]
    public void Given_a_category_of_many_extensions_when_it_is_read_then_the_administrations_bounds_hold()
    {
        var names = string.Concat(Enumerable.Range(0, 200).Select(i => $"&name=*.extension{i}"));
        var site = new SiteSettings(new Dictionary<string, string> { [SiteSetting.AudioQuery.Key] = "use_or" + names });

        var query = SearchQuery.Parse(FileUri.Parse("cloudreve://my?category=audio").Query, site)!;

        Assert.True(query.MayMatch(FileType.File, "a.extension199"));
    }

    private static SearchQuery? Parse(string query) => SearchQuery.Parse(FileUri.Parse("cloudreve://my/a?" + query).Query, Site);

    private static FileRecord File(string name) => new()
    {
        Id = 1,
        ParentId = 2,
        OwnerId = 3,
        Type = FileType.File,
        Name = name,
        CreatedAt = default,
        UpdatedAt = default,
    };
}
