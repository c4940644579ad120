using Cloudreve.Core.Accounts.Mails;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts.Mails;

public sealed class MailTemplateTests
{
    private const string Templates = """[{"language":"en-US","title":"A","body":"B"},{"language":"zh-CN","title":"C","body":"D"}]""";

    [Theory]
    [InlineData("zh-CN", "C")]
    [InlineData("ZH-cn", "C")]
    [InlineData("fr-FR", "A")]
    [InlineData(null, "A")]
    public void Given_templates_when_one_is_chosen_then_the_language_decides_and_the_first_is_the_default(string? language, string title) =>
        Assert.Equal(title, MailTemplate.Choose(Templates, MailDefaults.Reset, language).Title);

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""[{"language":"en-US"}]""")]
    public void Given_malformed_templates_when_one_is_chosen_then_the_defaults_take_their_place(string json) =>
        Assert.Equal("A", MailTemplate.Choose(json, Templates, null).Title);

    [Fact]
    public void Given_values_with_html_and_line_breaks_when_filled_in_then_no_tags_or_headers_appear()
    {
        var template = new MailTemplate("en-US", "To {{.User.Nick}}", "Hello {{ .User.Nick }}, {{ .No.Such }} <b>{{  .Url  }}</b>");
        var values = new Dictionary<string, string> { ["User.Nick"] = "<img src=x>\r\nBcc: a@example.com {{ .Url }}", ["Url"] = "https://a.example/?x=1&y=2" };

        Assert.Equal("To <img src=x> Bcc: a@example.com {{ .Url }}", template.RenderTitle(values));
        Assert.Equal(
            "Hello &lt;img src=x&gt;\r\nBcc: a@example.com {{ .Url }}, {{ .No.Such }} <b>https://a.example/?x=1&amp;y=2</b>", template.RenderBody(values));
    }

    [Theory]
    [InlineData(MailDefaults.Activation)]
    [InlineData(MailDefaults.Reset)]
    public void Given_the_built_in_templates_when_they_are_chosen_then_each_language_has_a_link(string json)
    {
        foreach (var language in new[] { "en-US", "zh-CN", "de-DE" })
        {
            var template = MailTemplate.Choose(json, "[]", language);
            Assert.Equal(language, template.Language);
            Assert.Contains("href=\"{{ .Url }}\"", template.Body, StringComparison.Ordinal);
        }
    }
}
