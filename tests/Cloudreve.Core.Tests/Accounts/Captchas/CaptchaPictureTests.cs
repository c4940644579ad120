using Cloudreve.Core.Accounts.Captchas.Pictures;
using Cloudreve.Core.Site.Settings;
using ImageMagick;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts.Captchas;

public sealed class CaptchaPictureTests
{
    [Theory]
    [InlineData("0", "^[0-9]{6}$")]
    [InlineData("1", "^[A-Z]{6}$")]
    [InlineData("2", "^[0-9]{1,2}$")]
    [InlineData("3", "^[0-9A-Z]{6}$")]
    [InlineData("no-such-mode", "^[0-9A-Z]{6}$")]
    public void Given_a_mode_when_questions_are_generated_then_answers_fit_it_and_texts_can_be_drawn(string mode, string pattern)
    {
        var site = Site(("captcha_mode", mode));

        var questions = Enumerable.Range(0, 200).Select(_ => CaptchaQuestion.Draw(site)).ToList();

        Assert.All(questions, question => Assert.Matches(pattern, question.Answer));
        Assert.All(questions.SelectMany(question => question.Text), character => Assert.NotEmpty(StrokeFont.LinesOf(character)));
        Assert.True(questions.Distinct().Count() > 20);
    }

    [Fact]
    public void Given_sums_when_they_are_generated_then_their_answers_are_right()
    {
        var site = Site(("captcha_mode", "2"));

        for (var i = 0; i < 200; i++)
        {
            var question = CaptchaQuestion.Draw(site);
            var numbers = question.Text.TrimEnd('?', '=').Split('+', '-').Select(int.Parse).ToArray();
            var result = question.Text.Contains('+', StringComparison.Ordinal) ? numbers[0] + numbers[1] : numbers[0] - numbers[1];
            Assert.Equal(result, int.Parse(question.Answer));
        }
    }

    [Theory]
    [InlineData("240", "60", 240, 60)]
    [InlineData("1", "999999", 60, 400)]
    [InlineData("nonsense", "-5", 240, 60)]
    public void Given_a_size_when_a_picture_is_drawn_then_it_keeps_the_bounds_and_characters_stand_out(string width, string height, int expectedWidth, int expectedHeight)
    {
        var site = Site(
            ("captcha_width", width), ("captcha_height", height), ("captcha_IsShowNoiseText", "1"), ("captcha_IsShowHollowLine", "1"), ("captcha_IsShowSineLine", "1"));

        using var image = new MagickImage(CaptchaPicture.Draw("A8KX4E", site));

        Assert.Equal((MagickFormat.Png, expectedWidth, expectedHeight), (image.Format, (int)image.Width, (int)image.Height));
        Assert.True(image.TotalColors > 50);
    }

    [Fact]
    public void Given_one_text_when_it_is_drawn_twice_then_the_pictures_differ()
    {
        var site = Site();

        Assert.NotEqual(CaptchaPicture.Draw("A8KX4E", site), CaptchaPicture.Draw("A8KX4E", site));
    }

    private static SiteSettings Site(params (string Key, string Value)[] settings) => new(settings.ToDictionary(s => s.Key, s => s.Value));
}
