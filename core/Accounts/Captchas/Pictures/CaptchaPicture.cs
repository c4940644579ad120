using System.Security.Cryptography;
using Cloudreve.Core.Site.Settings;
using ImageMagick;
using ImageMagick.Drawing;

namespace Cloudreve.Core.Accounts.Captchas.Pictures;

/// <summary>
/// Draws slanted characters on a wave, in different colours and among lines and dots: humans can read them, although they have neither
/// straight baselines nor the shapes of a font.
/// </summary>
internal static class CaptchaPicture
{
    /// <summary>Draws a text as PNG.</summary>
    /// <param name="text">Characters of <see cref="StrokeFont"/>.</param>
    /// <param name="site">Sets the size of the picture, and what else is in it.</param>
    public static byte[] Draw(string text, SiteSettings site)
    {
        var width = (int)Math.Clamp(site.Get(CaptchaSetting.Width), 60, 1000);
        var height = (int)Math.Clamp(site.Get(CaptchaSetting.Height), 24, 400);
        using var image = new MagickImage(PaleColor(), (uint)width, (uint)height);
        var canvas = new Drawables().FillColor(MagickColors.None).EnableStrokeAntialias().StrokeLineCap(LineCap.Round).StrokeLineJoin(LineJoin.Round);
        DrawBackground(canvas, site, width, height);
        DrawText(canvas, text, width, height);
        DrawForeground(canvas, site, width, height);
        canvas.Draw(image);
        image.Strip();
        image.Depth = 8;
        return image.ToByteArray(MagickFormat.Png);
    }

    private static void DrawBackground(IDrawables<byte> canvas, SiteSettings site, int width, int height)
    {
        if (site.Get(CaptchaSetting.NoiseDots))
            DrawDots(canvas, width, height);
        if (site.Get(CaptchaSetting.NoiseText))
            DrawSmallText(canvas, width, height);
        if (site.Get(CaptchaSetting.HollowLines))
            DrawWave(canvas, width, height, height / 4.0, PaleColor());
    }

    private static void DrawForeground(IDrawables<byte> canvas, SiteSettings site, int width, int height)
    {
        if (site.Get(CaptchaSetting.SineLines))
            DrawWave(canvas, width, height, Math.Max(1.5, height / 30.0), StrongColor());
        if (!site.Get(CaptchaSetting.SlimLines))
            return;
        canvas.StrokeWidth(1.2);
        for (var i = 0; i < 3; i++)
        {
            canvas.StrokeColor(StrongColor());
            canvas.Line(Between(0, width * 0.3), Between(0, height), Between(width * 0.7, width), Between(0, height));
        }
    }

    private static void DrawText(IDrawables<byte> canvas, string text, int width, int height)
    {
        var cell = width / (text.Length + 0.6);
        var glyphHeight = Math.Min(height * 0.62, cell * 1.5);
        var glyphWidth = Math.Min(glyphHeight * 0.66, cell * 0.72);
        var wave = new Wave(Between(0, Math.Tau), Between(1.2, 2) * Math.Tau / width, height * 0.06);
        canvas.StrokeWidth(Math.Max(2, glyphHeight / 9));
        for (var i = 0; i < text.Length; i++)
        {
            var at = new Placement(
                (i + 0.8) * cell, (height / 2.0) + Between(-height * 0.07, height * 0.07), glyphWidth, glyphHeight, Between(-0.3, 0.3), Between(-0.2, 0.2));
            canvas.StrokeColor(StrongColor());
            foreach (var line in StrokeFont.LinesOf(text[i]))
                canvas.Polyline(line.Select(point => wave.Move(at.Place(point))));
        }
    }

    private static void DrawDots(IDrawables<byte> canvas, int width, int height)
    {
        canvas.StrokeWidth(1.5);
        for (var i = 0; i < width * height / 200; i++)
        {
            var (x, y) = (Between(0, width), Between(0, height));
            canvas.StrokeColor(StrongColor());
            canvas.Line(x, y, x + 0.8, y + 0.8);
        }
    }

    private static void DrawSmallText(IDrawables<byte> canvas, int width, int height)
    {
        canvas.StrokeWidth(1);
        foreach (var character in RandomNumberGenerator.GetString("234678ACEHKPX", 12))
        {
            canvas.StrokeColor(StrongColor());
            var at = new Placement(Between(0, width), Between(0, height), height * 0.1, height * 0.14, Between(-1, 1), 0);
            foreach (var line in StrokeFont.LinesOf(character))
                canvas.Polyline(line.Select(at.Place));
        }
    }

    private static void DrawWave(IDrawables<byte> canvas, int width, int height, double thickness, IMagickColor<byte> color)
    {
        var wave = new Wave(Between(0, Math.Tau), Between(1, 2) * Math.Tau / width, height * 0.25);
        canvas.StrokeWidth(thickness).StrokeColor(color);
        canvas.Polyline(Enumerable.Range(0, 41).Select(step => wave.Move(new PointD(width * step / 40.0, height / 2.0))));
    }

    private static double Between(double from, double to) => from + ((to - from) * RandomNumberGenerator.GetInt32(1 << 20) / (1 << 20));

    private static MagickColor PaleColor() => new((byte)Between(225, 250), (byte)Between(225, 250), (byte)Between(225, 250));

    // Dark enough on every pale background, and never the same.
    private static MagickColor StrongColor() => new((byte)Between(10, 150), (byte)Between(10, 120), (byte)Between(10, 150));

    /// <summary>The placement of a glyph: its center, size, rotation and slant.</summary>
    private sealed record Placement(double X, double Y, double Width, double Height, double Turn, double Slant)
    {
        public PointD Place(GlyphPoint point)
        {
            var (x, y) = ((point.X - 0.5) * Width, (point.Y - 0.5) * Height);
            x += y * Slant;
            var (sin, cos) = Math.SinCos(Turn);
            return new PointD(X + (x * cos) - (y * sin), Y + (x * sin) + (y * cos));
        }
    }

    /// <summary>Moves points up and down along the picture.</summary>
    private sealed record Wave(double Phase, double Frequency, double Amplitude)
    {
        public PointD Move(PointD point) => new(point.X, point.Y + (Amplitude * Math.Sin((point.X * Frequency) + Phase)));
    }
}
